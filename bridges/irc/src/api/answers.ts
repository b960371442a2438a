import type { BridgeError } from "@bridgebox/core/adapter";
import type { IrcMessage } from "irc-framework";
import { offline, refusal, unanswered, uncertain, withdrawn } from "../errors.ts";
import type { Line } from "./line.ts";

export interface Utterance {
  readonly line: Line;
  readonly lane: string;
  readonly target: string;
  readonly key: string;
  readonly signal: AbortSignal;
}

interface Spoken {
  readonly target: string;
  readonly key: string;
  /** The PING that follows it; 0 until that is written. */
  ping: number;
  readonly done: (error?: BridgeError) => void;
}

interface Watcher {
  hear(message: IrcMessage): void;
  fail(): void;
}

export interface Way {
  readonly labels: boolean;
  /** Queues the line; calls back when it is written; gives what takes it back. */
  readonly queue: (written: () => void) => () => boolean;
}

const what = "The message was not sent";

/**
 * Which answer belongs to which line. With labels the server says so; without, a PING goes after the
 * lines: its PONG means that all before it are processed, and a refusal that comes first belongs to
 * the oldest line for that target.
 */
export class Answers {
  readonly #ping: (token: string) => void;
  readonly #spoken = new Map<string, Spoken>();
  readonly #queued = new Set<() => void>();
  readonly #watchers = new Set<Watcher>();
  readonly #batches = new Map<string, string>();
  #pings = 0;

  constructor(ping: (token: string) => void) {
    this.#ping = ping;
  }

  /** Asks whether everything written so far is processed. */
  ask(): void {
    this.#pings += 1;
    for (const spoken of this.#spoken.values()) if (spoken.ping === 0) spoken.ping = this.#pings;
    this.#ping(`said-${this.#pings}`);
  }

  say({ target, key, signal }: Utterance, { labels, queue }: Way): Promise<void> {
    return new Promise((resolve, reject) => {
      let written = false;
      const aborted = () => settle(written ? uncertain("time was up") : withdrawn());
      const lost = () => settle(offline(what));
      const settle = (error?: BridgeError) => {
        signal.removeEventListener("abort", aborted);
        this.#spoken.delete(key);
        this.#queued.delete(lost);
        if (!written) takeBack?.();
        if (error === undefined) resolve();
        else reject(error);
      };
      let takeBack: (() => boolean) | undefined;
      if (signal.aborted) return settle(withdrawn());
      signal.addEventListener("abort", aborted);
      this.#queued.add(lost);
      takeBack = queue(() => {
        written = true;
        this.#queued.delete(lost);
        this.#spoken.set(key, { target, key, ping: labels ? -1 : 0, done: settle });
      });
    });
  }

  until(
    match: (message: IrcMessage) => boolean | BridgeError,
    signal: AbortSignal,
  ): Promise<IrcMessage> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        this.#watchers.delete(watcher);
        signal.removeEventListener("abort", aborted);
        settle();
      };
      const aborted = () => end(() => reject(unanswered()));
      const watcher: Watcher = {
        hear: (message) => {
          const result = match(message);
          if (result === true) end(() => resolve(message));
          else if (result !== false) end(() => reject(result));
        },
        fail: () => end(() => reject(offline("It was not done"))),
      };
      if (signal.aborted) return aborted();
      signal.addEventListener("abort", aborted);
      this.#watchers.add(watcher);
    });
  }

  hear(message: IrcMessage): void {
    this.#byLabel(message);
    if (message.command === "PONG") this.#pong(message.params.at(-1) ?? "");
    else if (/^[4-7]\d\d$/.test(message.command)) this.#refused(message);
    for (const watcher of this.#watchers) watcher.hear(message);
  }

  /** The connection is gone: what was written is in doubt, what was not is not. */
  close(): void {
    for (const { done } of this.#spoken.values()) done(uncertain("the connection was lost"));
    for (const lost of this.#queued) lost();
    for (const watcher of this.#watchers) watcher.fail();
  }

  #byLabel(message: IrcMessage): void {
    const { tags, command, params } = message;
    const key = tags["label"] ?? this.#batches.get(tags["batch"] ?? "");
    if (command === "BATCH") {
      const id = params[0] ?? "";
      if (id.startsWith("+") && key !== undefined) this.#batches.set(id.slice(1), key);
      if (id.startsWith("-")) this.#batches.delete(id.slice(1));
      return;
    }
    if (key === undefined) return;
    this.#spoken.get(key)?.done(refusal(message, what));
  }

  #pong(token: string): void {
    const number = Number(/^said-(\d+)$/.exec(token)?.[1] ?? 0);
    for (const spoken of this.#spoken.values()) {
      if (spoken.ping > 0 && spoken.ping <= number) spoken.done();
    }
  }

  #refused(message: IrcMessage): void {
    const error = refusal(message, what);
    const target = message.params[1];
    if (error === undefined || target === undefined) return;
    const same = (spoken: Spoken) => spoken.target.toLowerCase() === target.toLowerCase();
    [...this.#spoken.values()].find((spoken) => spoken.ping >= 0 && same(spoken))?.done(error);
  }
}
