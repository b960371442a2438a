import { sameChat } from "@bridgebox/core/adapter";
import type { ChatRef, RemoteEvent } from "@bridgebox/core/adapter";
import { describe, type Directory } from "./directory.ts";

export interface Telling extends Directory {
  readonly chats: () => Promise<readonly ChatRef[]>;
  readonly tell: (event: RemoteEvent) => void;
  readonly signal: AbortSignal;
}

/** In milliseconds. */
const patience = 30_000;

/**
 * What can be done in a chat follows from what the account is there: it is looked up when that changed.
 * An answer is told only if nothing was asked about that chat since: a newer one may be told already.
 */
export class OwnRights {
  readonly #telling: Telling;
  /** What is looked up at the moment, last of each chat. */
  readonly #asked = new Map<string, object>();

  constructor(telling: Telling) {
    this.#telling = telling;
  }

  async changed(chat: ChatRef): Promise<void> {
    const key = `${chat.receiver ?? ""} ${chat.id}`;
    const turn = {};
    this.#asked.set(key, turn);
    const isLast = () => this.#asked.get(key) === turn;
    try {
      const { access, standard, chats, tell, signal } = this.#telling;
      if (!(await chats()).some((one) => sameChat(one, chat)) || !isLast()) return;
      const until = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
      const { features } = await describe({ access, standard }, chat, until);
      if (isLast()) tell({ kind: "chat", chat, at: Date.now(), info: { features } });
    } finally {
      if (isLast()) this.#asked.delete(key);
    }
  }
}
