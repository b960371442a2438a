import type { Part } from "../../adapter/index.ts";
import type { JsonObject } from "../../matrix/types.ts";

type Poll = Extract<Part, { kind: "poll" }>;

const poll = "org.matrix.msc3381.poll";
const text = "org.matrix.msc1767.text";
/** Clients show no more of them (MSC3381). */
const mostOptions = 20;

/** A poll as clients know it today (MSC3381 by its unstable names), readable by those that do not. */
export const pollStart = ({ question, options, max, hidden }: Poll): JsonObject => {
  const answers = options.slice(0, mostOptions);
  const lines = [question, ...answers.map((it, index) => `${index + 1}. ${it.text}`)];
  return {
    body: lines.join("\n"),
    [text]: lines.join("\n"),
    [`${poll}.start`]: {
      question: { [text]: question, body: question, msgtype: "m.text" },
      kind: `${poll}.${hidden ? "undisclosed" : "disclosed"}`,
      max_selections: Math.max(1, Math.min(Math.trunc(max) || 1, answers.length)),
      answers: answers.map((it) => ({ id: it.id, [text]: it.text })),
    },
  };
};

const about = (event: string): JsonObject => ({
  "m.relates_to": { rel_type: "m.reference", event_id: event },
});

/** A vote; without options it is taken back. */
export const pollResponse = (event: string, answers: readonly string[]): JsonObject => ({
  ...about(event),
  [`${poll}.response`]: { answers: [...answers] },
});

export const pollEnd = (event: string): JsonObject => ({
  ...about(event),
  [`${poll}.end`]: {},
  [text]: "The poll is closed.",
  body: "The poll is closed.",
});

/** The types of the three events. */
export const pollTypes = {
  start: `${poll}.start`,
  response: `${poll}.response`,
  end: `${poll}.end`,
} as const;
