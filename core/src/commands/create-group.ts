import { openGroup } from "../engine/index.ts";
import type { NewGroup } from "../engine/index.ts";
import { cleanName } from "../richtext/index.ts";
import { askingOf } from "./asking.ts";
import type { Command } from "./command.ts";

const usage = 'create-group <network> [group | channel] ["name"] [person …]';

/** A group, a name in quotes or behind a #, and the people by names without a space. */
export const newGroupIn = (line: string): NewGroup | undefined => {
  const [, word, rest = ""] = /^(?:(group|channel)(?:\s+|$))?([^]*)$/.exec(line.trim()) ?? [];
  const [whole = "", quoted, bare] = /^(?:["“„]([^"“”]+)["”“]|(#\S+))\s*/.exec(rest) ?? [];
  const name = (quoted ?? bare)?.trim();
  const people = rest
    .slice(whole.length)
    .split(/[\s,]+/)
    .filter((one) => one !== "");
  if ((name === undefined || name === "") && people.length === 0) return undefined;
  if (people.some((one) => /["“”„]/.test(one))) return undefined;
  return { kind: word === "channel" ? "channel" : "group", name, people };
};

export const createGroup: Command = {
  name: "create-group",
  section: "chats",
  network: "first",
  args: '<network> [group | channel] ["name"] [person …]',
  says: "makes a chat of several people over there, and its room",
  needs: "user",
  async run(asked) {
    const { asking, id, rest } = askingOf(asked);
    const group = newGroupIn(rest);
    if (group === undefined) return `Tell me its name, or who is in it: ${usage}`;
    const { engine, attempt } = asked;
    const { invited, missing } = await openGroup(engine.works, asking, { group, attempt });
    const what = group.name === undefined ? "a chat of these people" : cleanName(group.name);
    const made = invited
      ? `You are in ${what} on ${id} now, and invited to its room.`
      : `You are in ${what} on ${id}, and in its room already.`;
    return [made, ...missing.map(({ who, why }) => `${who}: ${why}`)].join("\n");
  },
};
