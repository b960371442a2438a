import { guildsIn } from "./api/answers.ts";
import { compareIds } from "./ids.ts";
import type { Ask } from "./places.ts";
import type { View } from "./view.ts";

const pageSize = 200;
/** One shard serves 2500 servers. */
const mostPages = 13;

/** The servers that the bot is in, by what they are called. */
export const ownGuilds = async (
  { rest }: View,
  ask: Ask & { readonly patient?: boolean },
): Promise<readonly { readonly id: string; readonly name: string }[]> => {
  const all: { readonly id: string; readonly name: string }[] = [];
  for (let page = 0, after = "0"; page < mostPages; page += 1) {
    const query = { limit: pageSize, ...(page === 0 ? {} : { after }) };
    const answer = await rest.call("GET", "/users/@me/guilds", { ...ask, query });
    const guilds = guildsIn(answer, ask.what);
    all.push(...guilds);
    const last = guilds.at(-1)?.id;
    if (guilds.length < pageSize || last === undefined || compareIds(last, after) <= 0) break;
    after = last;
  }
  return all;
};
