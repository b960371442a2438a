import { findPerson } from "../engine/index.ts";
import { cleanName } from "../richtext/index.ts";
import { askingOf } from "./asking.ts";
import type { Command } from "./command.ts";
import { hasOthers } from "./others.ts";

export const resolveIdentifier: Command = {
  name: "resolve-identifier",
  also: ["resolve"],
  section: "chats",
  network: "first",
  again: true,
  args: "<network> <person or chat>",
  says: "tells who or what that is over there, and opens nothing",
  needs: "user",
  async run(asked) {
    const { asking, id, rest } = askingOf(asked);
    if (rest === "") return "Tell me whom: resolve-identifier <network> <person or chat>";
    if (await hasOthers(asked))
      return "I show nobody that your login knows where others read along. Ask me in a room of the two of us.";
    const found = await findPerson(asked.engine.works, asking, rest);
    if (found === undefined) return `Nobody and nothing is called ${rest} on ${id}.`;
    const { name, user, chat, info } = found;
    return [
      cleanName(name),
      ...(user === undefined ? [] : [`  person: ${user}`]),
      ...(chat === undefined ? [] : [`  chat: ${chat.id}`]),
      ...(info?.bot === true ? ["  a bot"] : []),
      ...(info?.identifiers ?? []).map((uri) => `  ${uri}`),
      ...(user === undefined ? [] : [`Say "pm ${id} ${rest}" to write to them.`]),
    ].join("\n");
  },
};
