import { partId } from "@bridgebox/core/adapter";
import type {
  Block,
  Content,
  Draft,
  Inline,
  MediaRef,
  Outgoing,
  Part,
  RichText,
} from "@bridgebox/core/adapter";
import {
  empty,
  fromPlain,
  inlinesOf,
  blocksOf,
  split,
  toPlain,
  within,
} from "@bridgebox/core/richtext";
import { bodyToJson } from "./body.ts";
import type { Body } from "./body.ts";
import { longestText } from "./features.ts";
import { escapeText, toMarkdown } from "./format.ts";
import { isSnowflake } from "./ids.ts";
import { toWave } from "./media.ts";

/** A reply by a webhook is a line of its own: Discord lets no webhook reply. */
export const replyLine = 400;
/** docs.discord.com/developers/resources/poll#poll-create-request-object */
const pollLimits = { question: 300, answers: 10, answer: 55, hours: 768 } as const;

/** What is sent, in pieces that Discord takes; the first one carries the reply. */
export const planDrafts = ({ content, speaker, lead, at }: Outgoing): readonly Draft[] => {
  const relayed = speaker.as === "relay";
  const reply = replyOf(content);
  const room =
    longestText - (relayed && reply !== undefined ? replyLine : 0) - (lead?.length ?? 0) * 2;
  return content.parts.flatMap((part, place): readonly Draft[] => {
    const first = place === 0;
    const quoted = first && reply === undefined ? missingReply(content) : [];
    const carried = first && reply !== undefined ? { reply } : {};
    const piecesOf = (text: RichText) =>
      empty(text) ? [] : split(text, (it) => toMarkdown(it).length <= room);
    const draft = (
      text: RichText,
      index: number,
      more: Partial<Body>,
      media?: MediaRef,
    ): Draft => ({
      part: index === 0 ? part.id : partId(`${part.id}+${index}`),
      body: bodyToJson({
        text: (index > 0 && lead !== undefined ? escapeText(lead) : "") + toMarkdown(text),
        ...mentioned(text),
        ...(index === 0 ? carried : { later: true }),
        ...more,
      }),
      plain: toPlain(text),
      ...(media === undefined ? {} : { media: [media] }),
    });
    if (part.kind === "media") {
      const [caption = [], ...more] = piecesOf([...quoted, ...(part.caption ?? [])]);
      const head = draft(caption, 0, { file: fileOf(part) }, part.media);
      return [head, ...more.map((piece, at) => draft(piece, at + 1, {}))];
    }
    if (part.kind === "poll" && fits(part)) {
      const made = draft(quoted, 0, { poll: pollOf(part, at) });
      return [
        { ...made, plain: [part.question, ...part.options.map(({ text }) => text)].join("\n") },
      ];
    }
    return piecesOf([...quoted, ...textOf(part)]).map((piece, index) => draft(piece, index, {}));
  });
};

const replyOf = ({ replyTo }: Content): Body["reply"] | undefined => {
  const id = replyTo?.ids?.[0] ?? replyTo?.id;
  if (id === undefined || !isSnowflake(id)) return undefined;
  const { senderName: name, excerpt } = replyTo ?? {};
  return {
    id,
    ...(name === undefined ? {} : { name }),
    ...(excerpt === undefined ? {} : { excerpt }),
  };
};

/** A reply to what Discord has not: the words stand in for the link. */
const missingReply = ({ replyTo }: Content): readonly Block[] => {
  if (replyTo?.excerpt === undefined || replyTo.excerpt === "") return [];
  const name: readonly Inline[] =
    replyTo.senderName === undefined
      ? []
      : [
          { t: "bold", of: [{ t: "text", text: replyTo.senderName }] },
          { t: "text", text: ": " },
        ];
  return [{ t: "quote", of: [{ t: "para", of: [...name, { t: "text", text: replyTo.excerpt }] }] }];
};

/** Who may be reached by it: only those whom the tree mentions, never whom a text spells. */
const mentioned = (text: RichText): Partial<Body> => {
  const users = new Set<string>();
  let everyone = false;
  const see = (inline: Inline): void => {
    if (inline.t === "user" && isSnowflake(inline.id)) users.add(inline.id);
    if (inline.t === "everyone" && inline.allowed) everyone = true;
    for (const inner of within(inline)) see(inner);
  };
  const walk = (block: Block): void => {
    for (const line of inlinesOf(block)) for (const inline of line) see(inline);
    for (const inner of blocksOf(block)) walk(inner);
  };
  for (const block of text) walk(block);
  return {
    ...(users.size > 0 ? { users: [...users].slice(0, 100) } : {}),
    ...(everyone ? { everyone: true } : {}),
  };
};

const line = (text: string): RichText => fromPlain(text);

const textOf = (part: Part): RichText => {
  switch (part.kind) {
    case "text":
      return part.tone === "action" ? part.text.map(slanted) : part.text;
    case "unsupported":
      return part.link === undefined ? part.text : [...part.text, ...line(part.link)];
    case "media":
      return part.caption ?? line(part.media.name ?? "file");
    case "location": {
      const url = `https://www.openstreetmap.org/?mlat=${part.lat}&mlon=${part.lon}`;
      const name = [part.name, `${part.lat}, ${part.lon}`].filter((each) => each).join(": ");
      return [
        {
          t: "para",
          of: [
            { t: "text", text: `${name} ` },
            { t: "link", url, of: [{ t: "text", text: url }] },
          ],
        },
      ];
    }
    case "contact":
      return line(part.name);
    case "poll":
      return [part.question, ...part.options.map((each) => `– ${each.text}`)].flatMap(line);
  }
};

const slanted = (block: Block): Block =>
  block.t === "para" ? { ...block, of: [{ t: "italic", of: block.of }] } : block;

type PollPart = Extract<Part, { kind: "poll" }>;

const fits = ({ question, options }: PollPart): boolean =>
  question.length <= pollLimits.question &&
  question.trim() !== "" &&
  options.length <= pollLimits.answers &&
  options.length > 0 &&
  options.every(({ text }) => text.trim() !== "" && text.length <= pollLimits.answer);

const pollOf = (
  { question, options, max, closesAt }: PollPart,
  at: number,
): NonNullable<Body["poll"]> => ({
  question,
  answers: options.map(({ text }) => text),
  many: max > 1,
  hours:
    closesAt === undefined
      ? pollLimits.hours
      : Math.max(1, Math.min(pollLimits.hours, Math.round((closesAt - at) / 3_600_000))),
});

const fileOf = ({
  as,
  media,
  spoiler,
  waveform,
}: Extract<Part, { kind: "media" }>): NonNullable<Body["file"]> => {
  const name = (media.name ?? as).replaceAll(/[\p{Cc}/\\"]/gu, "_").slice(0, 200) || "file";
  const voice = as === "voice" && media.duration !== undefined;
  return {
    name: `${spoiler === true ? "SPOILER_" : ""}${name}`,
    mime: media.mime ?? "application/octet-stream",
    ...(voice
      ? { voice: { seconds: (media.duration ?? 0) / 1000, wave: toWave(waveform ?? []) } }
      : {}),
  };
};
