import type { Answer } from "../engine/index.ts";
import { act, mayAnswer } from "../engine/index.ts";
import type { Asked, Command } from "./command.ts";

const how =
  "Say it in answer to the message or to my line about it, or give me its link: copy that from the message.";

/** An event id, or the last one in a link to it (spec: appendices, "matrix.to navigation" and "matrix: URI scheme"). */
const eventIn = (word: string): string | undefined => {
  if (word.startsWith("$")) return word;
  const parts = word.split(/[/?]/).map((part) => decoded(part));
  const at = parts.lastIndexOf("e");
  const named = at === -1 ? undefined : parts[at + 1];
  if (word.startsWith("matrix:")) return named === undefined ? undefined : `$${named}`;
  return parts.findLast((part) => part.startsWith("$"));
};

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** Answers for every network that the message went to and that waits for an answer. */
const answer = async (
  { engine, sender, signal, args, about, event }: Asked,
  what: Answer,
): Promise<string> => {
  const { works } = engine;
  const { read } = works.box.store;
  const word = args[0];
  const meant = word === undefined ? about : eventIn(word);
  if (meant === undefined) return how;
  const told = await read.outcomes.byNotice(meant);
  const origin = told?.origin ?? meant;
  const rows = await read.retriables.of(origin);
  const lines: string[] = [];
  for (const id of new Set(rows.map(({ portal }) => portal))) {
    const portal = await works.portals.get(id);
    if (portal?.room === undefined || (told !== undefined && told.portal !== id)) continue;
    const asked = { room: portal.room, who: sender, origin, signal };
    if (!(await mayAnswer(works, asked))) return mayNot;
    const done = await act(works, { portal, origin, answer: what, by: event });
    lines.push(done ? saysDone[what](portal.network) : saysSure(portal.network));
  }
  return lines.length === 0 ? nothing : lines.join("\n");
};

const mayNot =
  "Nothing was done: only whoever said it, or who may change the settings of its room, can ask for that.";

const nothing =
  "Nothing of that message waits for an answer: it has arrived, is on its way, cannot be sent, or is too old.";

const saysDone: Readonly<Record<Answer, (network: string) => string>> = {
  again: (network) => `It is being sent to ${network} again. My line about it says how it ends.`,
  arrived: (network) => `Good: it counts as delivered to ${network}.`,
};

const saysSure = (network: string): string =>
  `It did not reach ${network}, that much is certain. Say retry to send it again.`;

export const retry: Command = {
  name: "retry",
  args: "[link]",
  says: "sends a message again that did not arrive, or may not have",
  section: "rooms",
  needs: "commands",
  run: (asked) => answer(asked, "again"),
};

export const itArrived: Command = {
  name: "it-arrived",
  args: "[link]",
  says: "settles a message that may not have arrived: you saw it there",
  section: "rooms",
  needs: "commands",
  run: (asked) => answer(asked, "arrived"),
};
