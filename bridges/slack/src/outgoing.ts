import {
  BridgeError,
  partId,
  type Block,
  type Content,
  type Draft,
  type Json,
  type MediaRef,
  type Outgoing,
  type Part,
  type RichText,
} from "@bridgebox/core/adapter";
import { split, toPlain } from "@bridgebox/core/richtext";
import { asObject, only, textIn } from "./api/shapes.ts";
import { toBlock, toMrkdwn } from "./format.ts";
import { isTs } from "./ids.ts";

/** docs.slack.dev/reference/methods/chat.postMessage: keep the text below 4,000 characters. */
export const longestText = 4000;

/** What one call sends. */
export interface Body {
  readonly text: string;
  /** A rich text block, as JSON; absent where there is no text. */
  readonly block?: Json;
  /** The message whose thread it goes to: its root, or an answer in it. */
  readonly answers?: string;
  /** Shown in the conversation too. */
  readonly broadcast?: boolean;
  readonly file?: { readonly name: string; readonly alt?: string };
}

/** What is sent, in pieces that Slack takes; all of them in the thread that the message belongs to. */
export const planDrafts = ({ content }: Outgoing): readonly Draft[] => {
  const where = placeOf(content);
  return content.parts.flatMap((part, place) => {
    const lead = place === 0 && where.answers === undefined ? missingReply(content) : [];
    if (part.kind === "media") return [mediaDraft(part, { where, lead })];
    const pieces = split([...lead, ...textOf(part)], fits).filter(
      (piece) => toPlain(piece).trim() !== "",
    );
    return pieces.map((piece, index): Draft => {
      const body: Body = { ...written(piece), ...where };
      return {
        part: index === 0 ? part.id : partId(`${part.id}+${index}`),
        body: { ...body },
        plain: toPlain(piece),
      };
    });
  });
};

const fits = (piece: RichText): boolean =>
  toPlain(piece).length <= longestText && toMrkdwn(piece).length <= longestText;

const written = (text: RichText): Pick<Body, "text" | "block"> => {
  const block: unknown = toBlock(text);
  return { text: toMrkdwn(text), block: block as Json };
};

type Place = Pick<Body, "answers" | "broadcast">;

const placeOf = ({ thread, replyTo }: Content): Place => {
  const target = thread?.root ?? replyTo;
  const id = target?.ids?.[0] ?? target?.id;
  if (id === undefined || !isTs(id)) return {};
  return { answers: id, ...(thread?.alsoInChat === true ? { broadcast: true } : {}) };
};

const mediaDraft = (
  part: Extract<Part, { kind: "media" }>,
  { where, lead }: { readonly where: Place; readonly lead: RichText },
): Draft => {
  const name = fileName(part.media);
  const caption = [...lead, ...(part.caption ?? [])];
  const said = caption.length === 0 ? { text: "" } : written(caption);
  const alt = caption.length === 0 ? {} : { alt: toPlain(caption).slice(0, 1000) };
  const body: Body = { ...said, ...where, file: { name, ...alt } };
  return { part: part.id, body: { ...body }, media: [part.media], plain: toPlain(caption) || name };
};

/** Slack takes the kind of a file from its name. */
const fileName = ({ name, mime }: MediaRef): string => {
  const clean = (name ?? "")
    .replaceAll(/[\p{Cc}/\\]/gu, "")
    .slice(-200)
    .trim();
  if (clean !== "") return clean;
  const [, kind = "bin"] = /^[a-z]+\/([a-z0-9]+)/.exec(mime ?? "") ?? [];
  return `file.${kind}`;
};

/** An answer to what Slack has not: the words stand in for the link. */
const missingReply = (content: Content): readonly Block[] => {
  const { excerpt, senderName } = content.replyTo ?? {};
  if (excerpt === undefined || excerpt === "") return [];
  const text = senderName === undefined ? excerpt : `${senderName}: ${excerpt}`;
  return [{ t: "quote", of: [{ t: "para", of: [{ t: "text", text }] }] }];
};

const line = (text: string): RichText => [{ t: "para", of: [{ t: "text", text }] }];

const textOf = (part: Exclude<Part, { kind: "media" }>): RichText => {
  switch (part.kind) {
    case "text":
      return part.tone === "action" ? italic(part.text) : part.text;
    case "unsupported":
      return part.link === undefined ? part.text : [...part.text, ...webLink(part.link, part.link)];
    case "location": {
      const at = `${part.lat},${part.lon}`;
      const map = `https://www.openstreetmap.org/?mlat=${part.lat}&mlon=${part.lon}`;
      return webLink(map, part.name === undefined ? at : `${part.name} (${at})`);
    }
    case "contact":
      return line(`${part.name} ${phoneOf(part.vcard)}`.trim());
    case "poll":
      return [part.question, ...part.options.map((each) => `• ${each.text}`)].flatMap(line);
  }
};

const webLink = (url: string, text: string): RichText => [
  { t: "para", of: [{ t: "link", url, of: [{ t: "text", text }] }] },
];

const phoneOf = (vcard: string): string => /^TEL[^:\r\n]*:([^\r\n]{1,60})/im.exec(vcard)?.[1] ?? "";

const italic = (text: RichText): RichText =>
  text.map((block) =>
    block.t === "para" ? { ...block, of: [{ t: "italic", of: block.of }] } : block,
  );

/** The body of a draft that is to be sent; an empty one is refused before it leaves. */
export const bodyOf = (draft: Draft, what: string): Body => {
  const from = asObject(draft.body);
  const file = asObject(from?.["file"]);
  const name = textIn(file, "name");
  const text = textIn(from, "text") ?? "";
  const block = from?.["block"];
  if (text === "" && name === undefined)
    throw new BridgeError("invalid", `${what}: there is no text in it.`, {
      reached: "no",
      scope: "item",
    });
  return {
    text,
    ...(block === undefined ? {} : { block: block as Json }),
    ...only("answers", textIn(from, "answers")),
    ...(from?.["broadcast"] === true ? { broadcast: true } : {}),
    ...(name === undefined ? {} : { file: { name, ...only("alt", textIn(file, "alt")) } }),
  };
};
