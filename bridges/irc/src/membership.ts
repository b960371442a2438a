import type { LoginId, Log, RemoteEvent } from "@bridgebox/core/adapter";
import { BridgeError } from "@bridgebox/core/adapter";
import type { IrcMessage } from "irc-framework";
import type { Client } from "./api/client.ts";
import { command } from "./api/line.ts";
import { offline, refusal } from "./errors.ts";
import type { Missed } from "./catchup.ts";
import type { Names } from "./ids.ts";
import type { Keys } from "./keys.ts";
import { wrongChannel } from "./ids.ts";
import type { Channel, Roster } from "./roster.ts";

export interface MembershipContext {
  readonly login: LoginId;
  readonly log: Log;
  readonly names: () => Names;
  readonly roster: Roster;
  readonly keys: Keys;
  /** A committed cursor of the login's source. */
  cursor(name: string): string | undefined;
  client(): Client | undefined;
  readonly signal: AbortSignal;
}

interface Outlet {
  emit(event: RemoteEvent): void;
  /** Resolves once what was missed is told, if the connection lasts so long. */
  missed(missed: Missed): Promise<void>;
  mark(name: string, value: string): void;
}

const rejoinMs = 1000;
/** Kicked twice in this time: the channel means it. */
const patienceMs = 600_000;
const atOnce = 8;

/** Refusals of JOIN; what they name is their second parameter. */
const refusals: ReadonlySet<string> = new Set(
  "403 405 437 470 471 473 474 475 476 477 479 489".split(" "),
);
/** A refused channel is tried again after so long. */
const refusedMs = 300_000;

/** Which channels this login is to be in, and since when it was not there. */
export class Membership {
  readonly #context: MembershipContext;
  /** By folded name: how to spell it. */
  readonly #wanted = new Map<string, string>();
  /** By folded name: which key somebody named for it, if they did. */
  readonly #entering = new Map<string, string | undefined>();
  readonly #been = new Map<string, string>();
  readonly #kicks = new Map<string, number>();
  readonly #refusedAt = new Map<string, number>();
  #aliveAt: number | undefined;
  #outlet: Outlet | undefined;

  constructor(context: MembershipContext) {
    this.#context = context;
    this.rewind();
  }

  /** These channels are to be entered, now or after the next connect. */
  want(channels: readonly string[]): void {
    const names = this.#context.names();
    for (const name of channels) {
      if (wrongChannel(name) === undefined && !this.#wanted.has(names.fold(name))) {
        this.#wanted.set(names.fold(name), name);
      }
    }
  }

  /** A new connection, on no channel yet. */
  begin(outlet: Outlet): void {
    this.#outlet = outlet;
    this.#entering.clear();
    this.#refusedAt.clear();
    const names = this.#context.names();
    const wanted = [...this.#wanted.values()];
    this.#wanted.clear();
    for (const name of wanted) this.#wanted.set(names.fold(name), name);
  }

  /** The connection is gone. */
  lost(): void {
    this.#entering.clear();
  }

  /** This client heard the server at that moment. */
  alive(at: number): void {
    this.#aliveAt = at;
    this.#outlet?.mark("alive", String(at));
  }

  /** When this client last heard the server, in this life or the one before. */
  get aliveAt(): number | undefined {
    return this.#aliveAt;
  }

  /** What was heard and told since the last commit is lost: the gap begins there. */
  rewind(): void {
    this.#been.clear();
    const alive = Number(this.#context.cursor("alive"));
    this.#aliveAt = Number.isFinite(alive) ? alive : undefined;
  }

  /** Enters every wanted channel that it is not in and was not lately refused. */
  enterAll(): void {
    const { roster } = this.#context;
    const early = Date.now() - refusedMs;
    const missing = [...this.#wanted]
      .filter(([id, name]) => !this.#entering.has(id) && roster.channel(name) === undefined)
      .filter(([id]) => (this.#refusedAt.get(id) ?? 0) <= early)
      .map(([, name]) => name);
    for (let at = 0; at < missing.length; at += atOnce) this.#enter(missing.slice(at, at + atOnce));
  }

  #enter(channels: readonly string[], named?: string): void {
    const names = this.#context.names();
    const keyOf = (name: string) => named ?? this.#context.keys.of(names.fold(name));
    const keyed = channels.filter((name) => keyOf(name) !== undefined);
    const keys = keyed.flatMap((name) => keyOf(name) ?? []);
    const bytes = [...channels, ...keys].reduce((sum, one) => sum + Buffer.byteLength(one) + 1, 0);
    if (bytes > 450 && channels.length > 1) {
      for (const name of channels) this.#enter([name]);
      return;
    }
    const ordered = [...keyed, ...channels.filter((name) => !keyed.includes(name))];
    if (this.#context.client()?.submit(0, command.join(ordered, keys)) !== true) return;
    for (const name of channels) this.#entering.set(names.fold(name), named);
  }

  /** Resolves once this client is in the channel and knows who else is. */
  async join(name: string, signal: AbortSignal): Promise<void> {
    const wrong = wrongChannel(name);
    if (wrong !== undefined) {
      throw new BridgeError("invalid", `The channel was not joined – ${wrong}`, {
        reached: "no",
        scope: "item",
      });
    }
    const names = this.#context.names();
    const id = names.fold(name);
    const key = this.#context.keys.takeOffered(id);
    if (this.#context.roster.channel(name)?.complete === true) return;
    const client = this.#context.client();
    if (client?.registered !== true) throw offline("The channel was not joined");
    const had = this.#wanted.has(id);
    this.want([name]);
    const done = client.until((message) => this.#joined(message, id), signal);
    if (!this.#entering.has(id) && this.#context.roster.channel(name) === undefined) {
      this.#enter([name], key);
    }
    try {
      await done;
    } catch (error) {
      if (!had) this.#wanted.delete(id);
      throw error;
    }
  }

  #joined(message: IrcMessage, id: string): boolean | BridgeError {
    const about = this.#context.names().fold(message.params[1] ?? "") === id;
    if (!about) return false;
    if (message.command === "366") return this.#context.roster.channel(id) !== undefined;
    if (!refusals.has(message.command)) return false;
    return refusal(message, "The channel was not joined") ?? false;
  }

  /** Resolves once it is out; it is not entered again. */
  async leave(name: string, reason: string | undefined, signal: AbortSignal): Promise<void> {
    const names = this.#context.names();
    const id = names.fold(name);
    this.#wanted.delete(id);
    const channel = this.#context.roster.channel(name);
    const client = this.#context.client();
    if (channel === undefined) return;
    if (client?.registered !== true) return;
    const line = command.part(channel.name, reason?.replace(/[\r\n\0]+/g, " ").slice(0, 200));
    const done = client.until(() => this.#context.roster.channel(name) !== channel, signal);
    client.submit(0, line);
    await done;
  }

  /** We are in. What was said since we were last there was not seen. */
  entered(channel: Channel, at: number): void {
    const { roster, names } = this.#context;
    const id = names().fold(channel.name);
    const key = this.#entering.get(id);
    this.#entering.delete(id);
    if (key !== undefined) this.#context.keys.learn(id, key);
    if (!this.#wanted.has(id)) {
      roster.leave(channel.name);
      this.#context.client()?.submit(0, command.part(channel.name));
      return;
    }
    const before = this.#been.get(id) ?? this.#context.cursor(`in:${id}`);
    if (before === undefined) this.#mark(id, "here");
    else this.#catchUp(channel, { before, at });
    this.#context.client()?.submit(2, command.modes(channel.name));
  }

  /** Until what was missed is told it counts as still missed: the connection may break before. */
  #catchUp(channel: Channel, { before, at }: { before: string; at: number }): void {
    const { names, roster } = this.#context;
    const id = names().fold(channel.name);
    const since = before === "here" ? this.#aliveAt : Number(before);
    const known = since === undefined || !Number.isFinite(since) ? undefined : since;
    this.#mark(id, String(known ?? at));
    const chat = names().channel(channel.name);
    const told = this.#outlet?.missed({ chat, target: channel.name, since: known, at });
    const isThere = () => roster.channel(channel.name) === channel;
    void told?.then(() => (isThere() ? this.#mark(id, "here") : undefined));
  }

  left(channel: Channel, at: number): void {
    this.#mark(this.#context.names().fold(channel.name), String(at));
  }

  /** Kicked: comes back once. Gives the sentence that says so. */
  kicked(channel: Channel, signal: AbortSignal, reason: string): string {
    const id = this.#context.names().fold(channel.name);
    const last = this.#kicks.get(id) ?? 0;
    const now = Date.now();
    this.#kicks.set(id, now);
    if (now - last < patienceMs) {
      this.#gone(channel.name, "kicked", reason);
      return "It was kicked before, so it stays out until somebody joins it again.";
    }
    const timer = setTimeout(() => this.enterAll(), rejoinMs);
    signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
    return "It joins again in a moment.";
  }

  /** A refused JOIN: a ban ends it, anything else is tried again with the next beat. */
  hear(message: IrcMessage): void {
    if (!refusals.has(message.command)) return;
    const name = message.params[1] ?? "";
    const id = this.#context.names().fold(name);
    if (!this.#entering.delete(id)) return;
    this.#refusedAt.set(id, Date.now());
    const said = message.params.at(-1) ?? "";
    this.#context.log.warn("A channel was not entered", { numeric: message.command, said });
    const been = this.#been.has(id) || this.#context.cursor(`in:${id}`) !== undefined;
    if (message.command === "474" && been) this.#gone(name, "forbidden", said);
  }

  #gone(name: string, why: "kicked" | "forbidden", reason: string): void {
    const names = this.#context.names();
    this.#wanted.delete(names.fold(name));
    const { login } = this.#context;
    const chat = names.channel(name);
    this.#outlet?.emit({ kind: "gone", chat, at: Date.now(), why, login, reason });
  }

  #mark(id: string, value: string): void {
    this.#been.set(id, value);
    this.#outlet?.mark(`in:${id}`, value);
  }
}
