import { openDirectChat, searchPeople } from "../engine/index.ts";
import type { Asked, Command } from "./command.ts";
import { networkNamed } from "./networks.ts";

/** The network may be left out where there is only one. */
const split = ({ engine, args }: Asked): { network: string | undefined; rest: string } => {
  const [first, ...more] = args;
  const { networks } = engine.works.box;
  const named = networks.size > 1 || [...networks.keys()].some((id) => id === first);
  return named
    ? { network: first, rest: more.join(" ") }
    : { network: undefined, rest: args.join(" ") };
};

export const pm: Command = {
  name: "pm",
  also: ["start-chat"],
  args: "<network> <person>",
  says: "opens your private chat with a person: a user name, number or id over there",
  needs: "user",
  async run(asked) {
    const { engine, sender, signal } = asked;
    const { network, rest } = split(asked);
    const live = networkNamed(engine, network);
    if (rest === "") return "Tell me with whom: pm <network> <person>";
    const asking = { live, asker: sender, signal };
    const { name, invited } = await openDirectChat(engine.works, asking, rest);
    return invited
      ? `You are invited to your chat with ${name} on ${live.settings.id}.`
      : `You are in the room of your chat with ${name} on ${live.settings.id} already.`;
  },
};

/** More than that nobody reads. */
const mostFound = 20;

export const search: Command = {
  name: "search",
  args: "<network> <text>",
  says: "finds people that your login over there knows",
  needs: "user",
  async run(asked) {
    const { engine, sender, signal } = asked;
    const { network, rest } = split(asked);
    const live = networkNamed(engine, network);
    if (rest === "") return "Tell me what to look for: search <network> <text>";
    const found = await searchPeople(engine.works, { live, asker: sender, signal }, rest);
    if (found.length === 0) return `Nobody like that is found on ${live.settings.id}.`;
    const lines = found
      .slice(0, mostFound)
      .map(({ name, user, chat }) => `  ${name} – ${user ?? chat?.id ?? ""}`);
    const hint = `Say "pm ${live.settings.id} <person>" with what stands after the dash.`;
    return [...lines, hint].join("\n");
  },
};
