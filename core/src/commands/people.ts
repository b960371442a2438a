import type { Resolved } from "../adapter/index.ts";
import { openDirectChat, search as lookFor } from "../engine/index.ts";
import { cleanName } from "../richtext/index.ts";
import { askingOf } from "./asking.ts";
import type { Command } from "./command.ts";
import { hasOthers } from "./others.ts";

export const pm: Command = {
  name: "pm",
  also: ["start-chat"],
  section: "chats",
  network: "first",
  args: "<network> <person>",
  says: "opens your private chat with a person: a user name, number or id over there",
  needs: "user",
  async run(asked) {
    const { asking, id, rest } = askingOf(asked);
    if (rest === "") return "Tell me with whom: pm <network> <person>";
    const { name, invited } = await openDirectChat(asked.engine.works, asking, rest);
    const whom = (await hasOthers(asked)) ? "that chat" : `your chat with ${cleanName(name)}`;
    return invited
      ? `You are invited to ${whom} on ${id}.`
      : `You are in the room of ${whom} on ${id} already.`;
  },
};

/** More than that nobody reads. */
const mostFound = 20;

/** A chat that anybody may enter. */
const isOpen = ({ user, chat, members }: Resolved): boolean =>
  user === undefined && chat !== undefined && members !== undefined;

const lineOf = (found: Resolved): string => {
  const { name, user, chat, members = 0, topic = "" } = found;
  if (!isOpen(found)) return `  ${cleanName(name)} – ${user ?? chat?.id ?? ""}`;
  const people = members === 1 ? "1 person" : `${members} people`;
  const about = cleanName(topic).slice(0, 150);
  return `  ${cleanName(name)} – ${people}${about === "" ? "" : ` – ${about}`}`;
};

export const search: Command = {
  name: "search",
  section: "chats",
  network: "first",
  again: true,
  args: "<network> <text>",
  says: "finds people that your login over there knows, or open chats",
  needs: "user",
  async run(asked) {
    const { asking, id, rest } = askingOf(asked);
    if (rest === "") return "Tell me what to look for: search <network> <text>";
    if (await hasOthers(asked))
      return "I show nobody that your login knows where others read along. Ask me in a room of the two of us.";
    const found = await lookFor(asked.engine.works, asking, rest);
    if (found.length === 0) return `Nobody like that is found on ${id}.`;
    const shown = found.slice(0, mostFound);
    const more = found.length - shown.length;
    return [
      ...shown.map(lineOf),
      ...(more === 0 ? [] : [`And ${more} more: say more of what you look for.`]),
      ...(shown.some((one) => !isOpen(one))
        ? [`Say "pm ${id} <person>" with what stands after the dash.`]
        : []),
      ...(shown.some(isOpen) ? [`Say "join ${id} <chat>" with what stands before the dash.`] : []),
    ].join("\n");
  },
};
