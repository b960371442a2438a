import type { IrcServer } from "../networks/irc/index.ts";
import type { TelegramServer } from "../networks/telegram/index.ts";

/** Chats, each with a room. */
export const lanes = 100;

export type BenchNetwork = "irc" | "slack" | "telegram" | "discord";

/** What is measured on. */
export interface GroundOptions {
  readonly network: BenchNetwork;
  /** A real Synapse in place of the sandbox homeserver. */
  readonly synapse: boolean;
}

/** A homeserver, a network, and the box as a process of its own between them. */
export interface Ground {
  readonly lanes: number;
  readonly pid: number;
  /** `in`: says it on the network; `out`: sends it in the room. */
  say(way: "in" | "out", lane: number, text: string): Promise<void>;
  /** What arrived on the other side, with the moment; the returned function ends it. */
  listen(way: "in" | "out", heard: (text: string, at: number) => void): () => void;
  /** So many sends into every lane's room at once without the box: what the homeserver itself does. */
  raw?(each: number): Promise<void>;
  close(): Promise<void>;
}

/** The network's side of the lanes. */
export interface Side {
  say(lane: number, text: string): Promise<void>;
  listen(heard: (text: string, at: number) => void): () => void;
}

/** How the network's side of the lanes is made, and what the config says of it. */
export interface Sides {
  readonly network: string;
  chat(lane: number): string;
  section(servers: { irc: IrcServer; telegram: TelegramServer }): object;
  side(servers: { irc: IrcServer; telegram: TelegramServer }): Promise<Side>;
}
