import { partId } from "../../adapter/index.ts";
import type { Content, Part, PartId, RichText } from "../../adapter/index.ts";
import { withoutFleeting } from "./fleeting.ts";
import { split, toHtml } from "../../richtext/index.ts";

/**
 * What one event may say, in bytes of its text and HTML: an edit says it twice, and an event with all
 * around it may weigh 65,536 (spec: Client-Server API, size limits).
 */
const most = 26_000;
/** A tree whose JSON is shorter than this fits whatever is in it. */
const surelyFits = 3000;

const weight = (text: RichText): number => {
  const { body, html = "" } = toHtml(text, { user: (_id, text) => ({ href: pillLink, text }) });
  return Buffer.byteLength(JSON.stringify(body)) + Buffer.byteLength(JSON.stringify(html));
};
/** As long as a pill's link can be. */
const pillLink = `https://matrix.to/#/${"x".repeat(255)}`;

const fits = (text: RichText): boolean =>
  JSON.stringify(text).length < surelyFits || weight(text) <= most;

/**
 * A message as the events that show it, one part each: a text that is too long for one event is
 * several of them, so that nothing of it is lost, and what is said in a thread and in the chat is said
 * in both. The same content makes the same parts.
 */
export const shownParts = (whole: Content): readonly Content[] => {
  const content = withoutFleeting(whole);
  const { alsoInChat, ...thread } = content.thread ?? {};
  const { replyTo, forwarded, thread: inThread, parts, ...rest } = content;
  const pieces = headed(parts, forwarded).flatMap(fitting);
  const threaded = inThread && { thread: { root: inThread.root, ...thread } };
  const there = pieces.map((part, index) => ({
    ...rest,
    parts: [part],
    ...(index === 0 && replyTo && { replyTo }),
    ...threaded,
  }));
  if (inThread === undefined || alsoInChat !== true) return there;
  const here = pieces.map((part, index) => ({
    ...rest,
    parts: [{ ...part, id: pieceOf(part.id, "chat") }],
    ...(index === 0 && { replyTo: inThread.root }),
  }));
  return [...there, ...here];
};

const pieceOf = (id: PartId, which: string): PartId => partId(`${id}~${which}`);

/** Whether that is what shows in the chat what was said in a thread too. */
export const isInChat = (shown: PartId): boolean => shown.endsWith("~chat");

/** Whether that is the part, or a piece that it was shown as. */
export const isOfPart = (shown: PartId, part: PartId): boolean =>
  shown === part || shown.startsWith(`${part}~`);

const fitting = (part: Part): readonly Part[] => {
  if (part.kind !== "text" || fits(part.text)) return [part];
  return split(part.text, fits).map((text, index) => ({
    ...part,
    text,
    id: index === 0 ? part.id : pieceOf(part.id, String(index + 1)),
  }));
};

/** Where it comes from stands above it. */
const headed = (parts: readonly Part[], from: Content["forwarded"]): readonly Part[] => {
  if (from === undefined) return parts;
  const line = { t: "text", text: `Forwarded from ${from.from}` } as const;
  const head = { t: "para", of: [{ t: "italic", of: [line] }] } as const;
  const [first, ...more] = parts;
  if (first?.kind === "text") return [{ ...first, text: [head, ...first.text] }, ...more];
  if (first?.kind === "media")
    return [{ ...first, caption: [head, ...(first.caption ?? [])] }, ...more];
  return [{ id: partId("~forwarded"), kind: "text", text: [head], tone: "notice" }, ...parts];
};
