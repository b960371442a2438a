import type { KeyValue } from "@bridgebox/core/adapter";
import { parsePeer, peerKey, type PeerId } from "./ids.ts";

const pageSize = 256;
const keptPages = 128;

/**
 * In which chat each message of the account's box is: deletions there name numbers only
 * (core.telegram.org/constructor/updateDeleteMessages). Durable, and bounded to the last messages.
 */
export class Whereabouts {
  readonly #store: KeyValue;
  readonly #pages = new Map<number, Map<string, string>>();
  readonly #changed = new Set<number>();

  constructor(store: KeyValue) {
    this.#store = store;
  }

  async remember(message: number, peer: PeerId): Promise<void> {
    const page = await this.#page(number(message));
    const before = page.get(String(message));
    if (before === peerKey(peer)) return;
    page.set(String(message), peerKey(peer));
    this.#changed.add(number(message));
  }

  async find(message: number): Promise<PeerId | undefined> {
    const page = await this.#page(number(message));
    const key = page.get(String(message));
    return key === undefined ? undefined : parsePeer(key);
  }

  /** Durable when it resolves; before the cursor passes the messages. */
  async save(): Promise<void> {
    for (const page of this.#changed) {
      const rows = this.#pages.get(page);
      if (rows !== undefined) await this.#store.set(pageKey(page), Object.fromEntries(rows));
      if (page >= keptPages && rows?.size === 1)
        await this.#store.set(pageKey(page - keptPages), null);
    }
    this.#changed.clear();
    for (const page of this.#pages.keys()) {
      if (this.#pages.size <= 8) break;
      this.#pages.delete(page);
    }
  }

  async #page(page: number): Promise<Map<string, string>> {
    const memory = this.#pages.get(page);
    if (memory !== undefined) return memory;
    const stored = await this.#store.get(pageKey(page));
    const rows = new Map<string, string>();
    if (typeof stored === "object" && stored !== null) {
      for (const [message, peer] of Object.entries(stored)) {
        if (typeof peer === "string") rows.set(message, peer);
      }
    }
    this.#pages.set(page, rows);
    return rows;
  }
}

const number = (message: number): number => Math.floor(message / pageSize);
const pageKey = (page: number): string => `where:${page}`;
