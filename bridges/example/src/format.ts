import type { Draft, Outgoing, RichText } from "@bridgebox/core/adapter";
import { split, toPlain } from "@bridgebox/core/richtext";

/** The most that one message holds, in UTF-16 units. */
export const longest = 500;

const controls = /[^\P{Cc}\n]/gu;
const plain = (text: RichText) => toPlain(text).toWellFormed().replaceAll(controls, " ");

/** Pure: the same message makes the same drafts. A reply's body names what it answers. */
export const plan = ({ content }: Outgoing): readonly Draft[] =>
  content.parts.flatMap(({ id, ...part }) => {
    const pieces =
      part.kind === "text" ? split(part.text, (it) => plain(it).length <= longest) : [];
    const body = { answers: content.replyTo?.id ?? null };
    return pieces.map((piece) => ({ part: id, body, plain: plain(piece) }));
  });

/** What a draft says, in the network's words. */
export const textOf = ({ plain, body }: Draft) => {
  const answers = typeof body === "object" && body && "answers" in body ? body.answers : null;
  return { text: plain, ...(typeof answers === "string" && { answers }) };
};
