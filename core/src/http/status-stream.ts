import type { Response } from "express";
import type { StatusSource } from "./status-types.ts";

const quietMs = 15_000;
const depthEveryMs = 200;
/** A reader that does not read is cut off: it comes back and asks for the whole state. */
const mostBuffered = 1024 * 1024;

/**
 * Server-sent events until the reader or the box goes: first `status` with everything, then
 * `outcome`, `login` and `homeserver` as they happen, and `queue` at most five times a second.
 */
export const eventStream = async (
  source: StatusSource,
  response: Response,
  signal: AbortSignal,
): Promise<void> => {
  const done = new AbortController();
  const end = (): void => {
    done.abort();
    response.end();
  };
  response.on("close", end);
  if (signal.aborted) return end();
  signal.addEventListener("abort", end, { once: true, signal: done.signal });
  response.set("content-type", "text/event-stream");
  response.flushHeaders();

  const write = (event: string, data: unknown): void => {
    if (done.signal.aborted) return;
    response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    if (response.writableLength > mostBuffered) response.destroy();
  };
  const depth = atMostEvery(depthEveryMs, done.signal, async () => {
    write("queue", { queues: await source.depth() });
  });
  const early: (() => void)[] = [];
  let ready = false;
  const stop = source.subscribe((news) => {
    if (news.what === "queue") return depth();
    if (news.what === "outcome") depth();
    const tell = (): void => {
      if (news.what === "outcome") write("outcome", news.outcome);
      if (news.what === "login") write("login", news.login);
      if (news.what === "homeserver") write("homeserver", news.homeserver);
    };
    if (ready) tell();
    else early.push(tell);
  });
  done.signal.addEventListener("abort", stop, { once: true });
  keepAlive(response, done.signal);
  try {
    write("status", await source.snapshot());
    ready = true;
    for (const tell of early) tell();
  } catch (error) {
    response.destroy();
    throw error;
  }
};

/** Runs at once, and once more after the pause if it was asked for meanwhile. */
const atMostEvery = (ms: number, signal: AbortSignal, work: () => Promise<void>): (() => void) => {
  let again = false;
  let timer: NodeJS.Timeout | undefined;
  const run = (): void => {
    again = false;
    timer = setTimeout(() => {
      timer = undefined;
      if (again) run();
    }, ms);
    work().catch(() => undefined);
  };
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  return () => {
    if (signal.aborted) return;
    if (timer) again = true;
    else run();
  };
};

/** A comment now and then, so that nothing on the way takes the stream for dead. */
const keepAlive = (response: Response, signal: AbortSignal): void => {
  const timer = setInterval(() => response.write(": still here\n\n"), quietMs);
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
};
