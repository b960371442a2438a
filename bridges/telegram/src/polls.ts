import { firstPart, type Part } from "@bridgebox/core/adapter";
import { Api } from "./api/tl.ts";

type Poll = Extract<Part, { kind: "poll" }>;

/** An option is bytes there and a text here: text as it is, anything else in hex behind `0x`. */
export const optionId = (option: Buffer): string => {
  const text = option.toString();
  const readable =
    Buffer.from(text).equals(option) && /^(?!0x)[\p{L}\p{N}\p{P}\p{S}\p{Zs}]+$/u.test(text);
  return readable ? text : `0x${option.toString("hex")}`;
};

const longestOption = 100;

/** The inverse; what is too long to be an option's bytes is nothing. */
export const optionBytes = (id: string): Buffer | undefined => {
  const hex = /^0x((?:[0-9a-f]{2})+)$/.exec(id)?.[1];
  const bytes = hex === undefined ? Buffer.from(id) : Buffer.from(hex, "hex");
  return bytes.length > 0 && bytes.length <= longestOption ? bytes : undefined;
};

/** A poll of a message from `at` on. */
export const pollPart = (poll: Api.Poll, at: number): Poll => {
  const closes = closesAt(poll, at);
  return {
    id: firstPart,
    kind: "poll",
    question: poll.question.text,
    options: poll.answers.map(({ option, text }) => ({ id: optionId(option), text: text.text })),
    max: poll.multipleChoice === true ? poll.answers.length : 1,
    hidden: false,
    ...(closes === undefined ? {} : { closesAt: closes }),
  };
};

const closesAt = (poll: Api.Poll, at: number): number | undefined => {
  if (poll.closeDate !== undefined) return poll.closeDate * 1000;
  return poll.closePeriod === undefined ? undefined : at + poll.closePeriod * 1000;
};
