import { firstPart } from "../adapter/index.ts";
import type { Json, Part } from "../adapter/index.ts";
import type { JsonObject, MatrixEvent } from "../matrix/types.ts";
import type { MessageRow } from "../store/types.ts";
import type { Works } from "./works.ts";

type PollPart = Extract<Part, { kind: "poll" }>;

/** A poll as a Matrix event has it. */
export interface Poll {
  readonly part: PollPart;
  /** The ids of its answers, in order. */
  readonly answers: readonly string[];
}

/** A poll in the room, and how its answers are called on both sides. */
export interface ShownPoll {
  readonly max: number;
  /** What a person reads of that option of the network's. */
  textOf(option: string): string | undefined;
  /** Answers of the Matrix event for options of the network. */
  answersFor(options: readonly string[]): readonly string[];
  /** Options of the network for answers of the Matrix event; what is none is left out. */
  optionsFor(answers: readonly string[]): readonly string[];
}

const unstable = "org.matrix.msc3381.poll";
const most = { options: 20, text: 500 };

/** The names under which clients send the three events of a poll. */
export const isPollType = (type: string, what: "start" | "response" | "end"): boolean =>
  type === `m.poll.${what}` || type === `${unstable}.${what}`;

/**
 * Reads a poll (MSC3381) under its stable or its unstable names. Its options go out under their places,
 * from "1", which is all that some networks can tell of a vote.
 */
export const readPoll = (content: JsonObject): Poll | undefined => {
  const poll = object(content["m.poll"] ?? content[`${unstable}.start`]);
  const question = textIn(object(poll?.["question"]));
  const answers = poll?.["answers"];
  if (poll === undefined || question === "" || !Array.isArray(answers)) return undefined;
  const read = answers.slice(0, most.options).flatMap((one: Json) => {
    const answer = object(one);
    const id = answer?.["m.id"] ?? answer?.["id"];
    return typeof id === "string" && id !== "" ? [{ id, text: textIn(answer) || id }] : [];
  });
  if (read.length === 0) return undefined;
  const { max_selections: max, kind } = poll;
  const part: PollPart = {
    id: firstPart,
    kind: "poll",
    question,
    options: read.map(({ text }, index) => ({ id: String(index + 1), text })),
    max: typeof max === "number" && max >= 1 ? Math.min(Math.trunc(max), read.length) : 1,
    hidden: typeof kind === "string" && kind.endsWith("undisclosed"),
  };
  return { part, answers: read.map(({ id }) => id) };
};

/** What a vote is for; the ids are not judged. */
export const readVote = (content: JsonObject): readonly string[] => {
  const selections =
    content["m.selections"] ?? object(content[`${unstable}.response`])?.["answers"];
  const texts = Array.isArray(selections) ? selections : [];
  return texts.slice(0, most.options).filter((one: Json) => typeof one === "string");
};

/** The event that a vote or an end is about. */
export const pollAbout = (event: MatrixEvent): string | undefined => {
  const relation = object(event.content["m.relates_to"]);
  const { rel_type: type, event_id: id } = relation ?? {};
  return type === "m.reference" && typeof id === "string" ? id : undefined;
};

/** The poll that this row's event is; absent: it cannot be read, or is none. */
export const pollOf = async (
  works: Works,
  row: Pick<MessageRow, "room" | "event" | "from">,
): Promise<ShownPoll | undefined> => {
  const event = await works.originals.get(row.room, row.event);
  const poll = event && readPoll(event.content);
  if (poll === undefined) return undefined;
  const { answers, part } = poll;
  const theirs = row.from === "remote" ? answers : part.options.map(({ id }) => id);
  const swap = (from: readonly string[], to: readonly string[]) => (ids: readonly string[]) =>
    ids.flatMap((id) => to[from.indexOf(id)] ?? []);
  return {
    max: part.max,
    textOf: (option) => part.options[theirs.indexOf(option)]?.text,
    answersFor: swap(theirs, answers),
    optionsFor: swap(answers, theirs),
  };
};

/** Which of a message's pieces is its poll. */
export const pollAmong = async (
  works: Works,
  pieces: readonly MessageRow[],
): Promise<MessageRow | undefined> => {
  for (const piece of pieces) if ((await pollOf(works, piece)) !== undefined) return piece;
  return undefined;
};

const object = (value: Json | undefined): JsonObject | undefined =>
  value !== null && typeof value === "object" && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;

/** The words of a question or an answer, wherever this version of the proposal has them. */
const textIn = (from: JsonObject | undefined): string => {
  const texts = from?.["m.text"];
  const written: Json | undefined = Array.isArray(texts) ? (texts[0] as Json) : undefined;
  const first = object(written)?.["body"] ?? texts;
  const words = [first, from?.["org.matrix.msc1767.text"], from?.["body"]];
  const found = words.find((one) => typeof one === "string" && one.trim() !== "");
  return typeof found === "string" ? found.slice(0, most.text).replaceAll(/\s+/g, " ").trim() : "";
};
