import type { KeyValue } from "@bridgebox/core/adapter";
import { parsePeer, peerKey, type PeerId } from "./ids.ts";
import { Pages } from "./pages.ts";

/**
 * In which chat each message of the account's box is, and in which topic those of forums: deletions
 * name numbers only (core.telegram.org/constructor/updateDeleteMessages).
 */
export class Whereabouts {
  readonly #store: KeyValue;
  readonly #box: Pages;
  readonly #forums = new Map<string, Pages>();

  constructor(store: KeyValue) {
    this.#store = store;
    this.#box = new Pages(store, "where");
  }

  async remember(message: number, peer: PeerId): Promise<void> {
    if (peer.kind !== "channel") return this.#box.remember(message, peerKey(peer));
    if (peer.topic === undefined) return undefined;
    return this.#forum(peer.id).remember(message, String(peer.topic));
  }

  async find(message: number): Promise<PeerId | undefined> {
    const key = await this.#box.find(message);
    return key === undefined ? undefined : parsePeer(key);
  }

  /** The topic that a message of a channel is in, where it is known to be in one. */
  async topic(channel: string, message: number): Promise<number | undefined> {
    const topic = await this.#forum(channel).find(message);
    return topic === undefined ? undefined : Number(topic);
  }

  /** Durable when it resolves; all of it is handed to the store before anything is waited for. */
  async save(): Promise<void> {
    await Promise.all([this.#box, ...this.#forums.values()].map((pages) => pages.save()));
  }

  #forum(channel: string): Pages {
    const known = this.#forums.get(channel) ?? new Pages(this.#store, `topic:${channel}`);
    this.#forums.set(channel, known);
    return known;
  }
}
