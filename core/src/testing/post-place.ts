import { once } from "node:events";
import { createServer } from "node:http";
import type { TestContext } from "node:test";
import type { Posting } from "../observe/posted.ts";
import { ManualClock } from "./manual-clock.ts";

/** A place that the box posts to, for tests. */
export interface PostPlace {
  readonly posted: readonly {
    readonly token: string | undefined;
    readonly body: Readonly<Record<string, unknown>>;
  }[];
  /** What the next posts are answered with; 200 once it is empty. */
  readonly answers: number[];
  readonly clock: ManualClock;
  /** What was logged as a warning. */
  readonly warned: readonly string[];
  readonly posting: Omit<Posting, "key">;
}

/** Listens on the loopback until the test ends. */
export const postedTo = async (t: TestContext): Promise<PostPlace> => {
  const posted: PostPlace["posted"][number][] = [];
  const answers: number[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      const body = JSON.parse(text) as PostPlace["posted"][number]["body"];
      posted.push({ token: request.headers.authorization, body });
      response.writeHead(answers.shift() ?? 200).end("{}");
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = new AbortController();
  t.after(() => {
    stop.abort();
    server.close().closeAllConnections();
  });
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  const clock = new ManualClock();
  const warned: string[] = [];
  return {
    posted,
    answers,
    clock,
    warned,
    posting: {
      url: `http://127.0.0.1:${port}/posts`,
      asToken: "secret",
      clock,
      log: { debug() {}, info() {}, error() {}, warn: (line) => void warned.push(line) },
      signal: stop.signal,
    },
  };
};
