import type { KeyValue } from "@bridgebox/core/adapter";
import { Api, decimal } from "./api/tl.ts";
import { parsePeer, peerKey, type PeerId } from "./ids.ts";

const mostKept = 200;

/** In which message each poll is: its updates name the poll alone (core.telegram.org/api/poll). */
export class PollIndex {
  readonly #store: KeyValue;
  /** Whose votes the core has, and what it is being told now. */
  readonly #voters = new Map<string, ReadonlySet<string>>();
  readonly #telling = new Map<string, ReadonlySet<string>>();

  constructor(store: KeyValue) {
    this.#store = store;
  }

  async remember(message: Api.Message, peer: PeerId): Promise<void> {
    const { media } = message;
    if (!(media instanceof Api.MessageMediaPoll)) return;
    const place = { peer: peerKey(peer), message: message.id };
    await this.#store.set(`poll:${decimal(media.poll.id)}`, place);
  }

  async find(
    poll: string,
  ): Promise<{ readonly peer: PeerId; readonly message: number } | undefined> {
    const stored = await this.#store.get(`poll:${poll}`);
    if (typeof stored !== "object" || stored === null || !("peer" in stored)) return undefined;
    const { peer: key, message } = stored;
    const peer = typeof key === "string" ? parsePeer(key) : undefined;
    return peer && typeof message === "number" ? { peer, message } : undefined;
  }

  /** Exactly these have voted now; gives those who had and have not any more. */
  replaceVoters(poll: string, now: ReadonlySet<string>): readonly string[] {
    const before = [this.#voters, this.#telling].flatMap((each) => [...(each.get(poll) ?? [])]);
    this.#telling.set(poll, now);
    return [...new Set(before)].filter((voter) => !now.has(voter));
  }

  /** What was replaced so far is on disk. */
  told(): void {
    for (const [poll, voters] of this.#telling) {
      this.#voters.delete(poll);
      this.#voters.set(poll, voters);
      const [oldest] = this.#voters.keys();
      if (this.#voters.size > mostKept && oldest !== undefined) this.#voters.delete(oldest);
    }
    this.#telling.clear();
  }

  /** What was not told yet will not be. */
  reset(): void {
    this.#telling.clear();
  }
}
