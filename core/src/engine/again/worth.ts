import type { ErrorCode } from "../../adapter/index.ts";
import { bareEmoji } from "../../richtext/index.ts";
import type { Outcome } from "../../store/types.ts";

/** What a person may say about a message that did not arrive, or may not have. */
export type Answer = "again" | "arrived";

/** What a person reacts with to say it; the bot reacts with it first, so that it is one click. */
export const marks: Readonly<Record<Answer, string>> = { again: "\u{1F501}", arrived: "\u2705" };

export const answerOf = (key: string): Answer | undefined => {
  const bare = bareEmoji(key);
  if (bare === marks.again) return "again";
  return bare === marks.arrived ? "arrived" : undefined;
};

/** Failures of which another try, once a person asks for it, can come out otherwise. */
const worth: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "auth",
  "banned",
  "doubtful",
  "expired",
  "forbidden",
  "full",
  "internal",
  "network",
  "rate_limit",
  "timeout",
]);

/** Whether it makes sense to ask for another try of what ended so. */
export const isRetriable = ({ state, code }: Pick<Outcome, "state" | "code">): boolean =>
  state === "doubtful" || (state === "failed" && (code === undefined || worth.has(code)));

/** What can be done about it, behind the sentence that says what became of a Matrix user's message. */
export const whatToClick = (outcome: Pick<Outcome, "state" | "code">): string => {
  if (!isRetriable(outcome)) return "";
  return outcome.state === "doubtful"
    ? ` React to this with ${marks.again} to send it again, or with ${marks.arrived} if it arrived.`
    : ` React to this with ${marks.again} to try it again.`;
};
