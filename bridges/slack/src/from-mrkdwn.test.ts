import assert from "node:assert/strict";
import { Session } from "node:inspector/promises";
import { describe, mock, test, type TestContext } from "node:test";
import { chatId } from "@bridgebox/core/adapter";
import type { Names } from "./names.ts";

/** A copy of its own, so that it is compiled while the runtime counts. */
const counted = new URL("./from-mrkdwn.ts?counted", import.meta.url).href;

const names: Names = {
  person: () => undefined,
  chat: (id) => ({ ref: { id: chatId(id) }, name: undefined }),
  group: () => undefined,
  emoji: () => undefined,
};

/** What is begun again and again, and never ended, or only at the very end. */
const hostile = [
  "*",
  "*a ",
  "_a ",
  "~a ",
  "*a _b ~c ",
  "*a* b*c ",
  "*_~",
  "<",
  "<a",
  "<a|",
  "*a <",
  "*<a ",
  "*a <b> ",
  "`",
  "`a\n",
  "`<a|b",
  "```",
  "``` <a",
  ":a",
  ":a::skin-tone-2",
  "\n",
  "> \n",
  "&gt; *a\n\n",
];
const endings = ["", "z", ">", "* >", "`", "```"];

describe("the markup of strangers", () => {
  test("is read in steps that grow with the text, not with its square", async (t) => {
    const stepsOf = await counter(t);
    for (const piece of hostile)
      for (const end of endings) {
        const few = await stepsOf(`x ${piece.repeat(100)}${end}`);
        const many = await stepsOf(`x ${piece.repeat(800)}${end}`);
        const what = JSON.stringify([piece, end]);
        assert(
          few > 0 && many < few * 12,
          `${what}: ${few} steps, and ${many} for eight times that`,
        );
      }
  });
});

/** Counts how often each block of the reader runs, and what the language's own searches pass over. */
const counter = async (t: TestContext): Promise<(text: string) => Promise<number>> => {
  const session = new Session();
  session.connect();
  t.after(() => session.disconnect());
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  const reader = (await import(counted)) as typeof import("./from-mrkdwn.ts");
  // What was counted until then is forgotten; every script of the process is asked, which takes its time.
  const blocks = async (): Promise<number> => {
    const { result } = await session.post("Profiler.takePreciseCoverage");
    const script = result.find(({ url }) => url === counted);
    const ranges = script?.functions.flatMap((each) => each.ranges) ?? [];
    return ranges.reduce((sum, { count }) => sum + count, 0);
  };
  await blocks();
  return async (text) => {
    const passed = searched(() => reader.fromMrkdwn(text, names));
    return passed + (await blocks());
  };
};

/** How many characters are passed over by `indexOf` and `includes` of texts meanwhile. */
const searched = (run: () => unknown): number => {
  let passed = 0;
  const find = (text: string, what: string, from: number): number => {
    const [before = ""] = text.slice(from).split(what, 1);
    passed += before.length;
    return from + before.length < text.length ? from + before.length : -1;
  };
  const own = mock.method(
    String.prototype,
    "indexOf",
    function (this: string, what: string, from = 0) {
      return find(this, what, from);
    },
  );
  const other = mock.method(
    String.prototype,
    "includes",
    function (this: string, what: string, from = 0) {
      return find(this, what, from) >= 0;
    },
  );
  try {
    run();
  } finally {
    own.mock.restore();
    other.mock.restore();
  }
  return passed;
};
