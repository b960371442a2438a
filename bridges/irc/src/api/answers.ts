import { BridgeError } from "@bridgebox/core/adapter";
import type { IrcMessage } from "irc-framework";
import { failure, offline, refusal, unanswered, uncertain, withdrawn } from "../errors.ts";
import type { Rank } from "../flood.ts";
import type { Batch } from "./batches.ts";
import { isBatch } from "./batches.ts";
import type { Line, Tags } from "./line.ts";

export interface Utterance {
  /** One command: more than one line only where the first opens a batch. */
  readonly lines: readonly [Line, ...Line[]];
  /** Tags of the first line. */
  readonly tags?: Tags;
  readonly lane: string;
  readonly target: string;
  /** No other command that waits has it. */
  readonly key: string;
  readonly signal: AbortSignal;
  /** What did not happen if it fails. */
  readonly what?: string;
  /** 1, as messages have it, if not given. */
  readonly rank?: Rank;
}

/** The server has processed it; what it showed of it, where it shows that. */
export interface Confirmation {
  readonly line?: IrcMessage;
  readonly batch?: Batch;
}

interface Spoken {
  readonly target: string;
  readonly verb: string;
  readonly what: string;
  /** The PING that follows it; 0 until that is written. */
  ping: number;
  readonly done: (result: BridgeError | Confirmation) => void;
}

interface Watcher {
  hear(heard: IrcMessage | Batch): void;
  fail(): void;
}

export interface Way {
  readonly labels: boolean;
  /** Queues the line; calls back when it is written; gives what takes it back. */
  readonly queue: (written: () => void) => () => boolean;
}

const notSent = "The message was not sent";

/** What a server repeats of a command of ours; other lines of its answer only surround it. */
const echoes = /^(?:PRIVMSG|NOTICE|TAGMSG|REDACT|ACK|RELAYMSG)$/;

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

  say(
    { target, key, signal, lines: [first], what = notSent }: Utterance,
    { labels, queue }: Way,
  ): Promise<Confirmation> {
    return new Promise((resolve, reject) => {
      let written = false;
      const aborted = () => settle(written ? uncertain("time was up") : withdrawn());
      const lost = () => settle(offline(what));
      const settle = (result: BridgeError | Confirmation) => {
        signal.removeEventListener("abort", aborted);
        this.#spoken.delete(key);
        this.#queued.delete(lost);
        if (!written) takeBack?.();
        if (result instanceof BridgeError) reject(result);
        else resolve(result);
      };
      let takeBack: (() => boolean) | undefined;
      if (signal.aborted) return settle(withdrawn());
      signal.addEventListener("abort", aborted);
      this.#queued.add(lost);
      const verb = first.slice(0, first.indexOf(" "));
      takeBack = queue(() => {
        written = true;
        this.#queued.delete(lost);
        this.#spoken.set(key, { target, verb, what, ping: labels ? -1 : 0, done: settle });
      });
    });
  }

  until(
    match: (message: IrcMessage) => boolean | BridgeError,
    signal: AbortSignal,
  ): Promise<IrcMessage> {
    const line = (heard: IrcMessage | Batch) => (isBatch(heard) ? undefined : heard);
    return this.#watch(line, match, signal);
  }

  /** The next complete batch that fits. */
  untilBatch(match: (batch: Batch) => boolean, signal: AbortSignal): Promise<Batch> {
    const batch = (heard: IrcMessage | Batch) => (isBatch(heard) ? heard : undefined);
    return this.#watch(batch, match, signal);
  }

  #watch<T>(
    of: (heard: IrcMessage | Batch) => T | undefined,
    match: (one: T) => boolean | BridgeError,
    signal: AbortSignal,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        this.#watchers.delete(watcher);
        signal.removeEventListener("abort", aborted);
        settle();
      };
      const aborted = () => end(() => reject(unanswered()));
      const watcher: Watcher = {
        hear: (heard) => {
          const one = of(heard);
          const result = one === undefined ? false : match(one);
          if (one !== undefined && result === true) end(() => resolve(one));
          else if (result instanceof BridgeError) end(() => reject(result));
        },
        fail: () => end(() => reject(offline("It was not done"))),
      };
      if (signal.aborted) return aborted();
      signal.addEventListener("abort", aborted);
      this.#watchers.add(watcher);
    });
  }

  hear(message: IrcMessage): void {
    const { command, params, tags } = message;
    const labelled = this.#spoken.get(tags["label"] ?? "");
    if (labelled !== undefined) this.#answered(labelled, message);
    else if (command === "PONG") this.#pong(params.at(-1) ?? "");
    else if (command === "FAIL") this.#failed(message);
    else if (/^[4-7]\d\d$/.test(command)) this.#refused(message);
    for (const watcher of this.#watchers) watcher.hear(message);
  }

  /** A batch is complete: the echo of a message of several lines, or the history that was asked for. */
  hearBatch(batch: Batch): void {
    this.#spoken.get(batch.opening.tags["label"] ?? "")?.done({ batch });
    for (const watcher of this.#watchers) watcher.hear(batch);
  }

  /** A labelled answer of several lines is over. */
  end(label: string): void {
    this.#spoken.get(label)?.done({});
  }

  /** The connection is gone: what was written is in doubt, what was not is not. */
  close(): void {
    for (const { done } of this.#spoken.values()) done(uncertain("the connection was lost"));
    for (const lost of this.#queued) lost();
    for (const watcher of this.#watchers) watcher.fail();
  }

  #answered({ done, what }: Spoken, message: IrcMessage): void {
    const error = refusal(message, what) ?? failure(message, what);
    if (error !== undefined) done(error);
    else if (echoes.test(message.command)) done({ line: message });
  }

  #pong(token: string): void {
    const number = Number(/^said-(\d+)$/.exec(token)?.[1] ?? 0);
    for (const spoken of this.#spoken.values()) {
      if (spoken.ping > 0 && spoken.ping <= number) spoken.done({});
    }
  }

  #refused(message: IrcMessage): void {
    const target = message.params[1];
    if (target === undefined || refusal(message, notSent) === undefined) return;
    const same = (spoken: Spoken) => spoken.target.toLowerCase() === target.toLowerCase();
    if (this.#refuse(message, same)) return;
    // What is said to part of a channel may be refused by the channel's name.
    const bare = (name: string) => name.toLowerCase().replace(/^[~&@%+]+(?=[#&])/, "");
    this.#refuse(message, (spoken) => bare(spoken.target) === bare(target));
  }

  /** `FAIL command code … :why`: without a label it is about the oldest command of that name. */
  #failed(message: IrcMessage): void {
    const verb = (message.params[0] ?? "").toUpperCase();
    this.#refuse(message, (spoken) => spoken.verb === verb);
  }

  #refuse(message: IrcMessage, about: (spoken: Spoken) => boolean): boolean {
    const spoken = [...this.#spoken.values()].find((one) => one.ping >= 0 && about(one));
    if (spoken === undefined) return false;
    const error = refusal(message, spoken.what) ?? failure(message, spoken.what);
    if (error !== undefined) spoken.done(error);
    return true;
  }
}
