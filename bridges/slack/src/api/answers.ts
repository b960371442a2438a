import { unreadable } from "../errors.ts";
import { isConversation } from "../ids.ts";
import { parseMessage, type SlackMessage } from "./message.ts";
import { objectIn, textIn, type Wire } from "./shapes.ts";

/**
 * The object that was asked for.
 * @throws BridgeError where the answer has none: nothing must be made up in its place.
 */
export const toldIn = (answer: Wire, key: string, what: string): Wire => {
  const told = objectIn(answer, key);
  const id = textIn(told, "id");
  if (told === undefined || id === undefined || !/^[A-Z][A-Z0-9]+$/.test(id))
    throw unreadable(what);
  return told;
};

/**
 * The conversation that a call has made or opened.
 * @throws BridgeError where the answer does not say which it is.
 */
export const conversationIn = (answer: Wire, what: string): string => {
  const id = textIn(objectIn(answer, "channel"), "id");
  if (id === undefined || !isConversation(id)) throw unreadable(what, { reached: "unknown" });
  return id;
};

/**
 * A list as it was asked for; an empty one means that there is nothing.
 * @throws BridgeError where there is none: what is not listed may be taken for gone.
 */
export const listedIn = (answer: Wire, key: string, what: string): readonly unknown[] => {
  const list = answer[key];
  if (!Array.isArray(list)) throw unreadable(what);
  return list;
};

/** The messages of a page, those that can be named. @throws BridgeError where there is no list of them. */
export const messagesIn = (answer: Wire, what: string): readonly SlackMessage[] =>
  listedIn(answer, "messages", what).flatMap((each) => parseMessage(each) ?? []);

/**
 * Where the next page begins, after the one that began at `before`.
 * @throws BridgeError where that is the same one, which would never end.
 */
export const nextIn = (answer: Wire, what: string, before?: string): string | undefined => {
  const next = textIn(objectIn(answer, "response_metadata"), "next_cursor");
  if (next !== undefined && next === before) throw unreadable(what);
  return next;
};

/** A workspace of 400,000 people, in pages of 200. */
const mostPages = 2000;

/**
 * Where the next page of one list begins, asked of each page in turn.
 * @throws BridgeError where it is one that was read already, or there are more than any list has.
 */
export const nextOf = (what: string): ((answer: Wire) => string | undefined) => {
  const seen = new Set<string>();
  return (answer) => {
    const next = nextIn(answer, what);
    if (next === undefined) return undefined;
    if (seen.has(next) || seen.size >= mostPages) throw unreadable(what);
    seen.add(next);
    return next;
  };
};
