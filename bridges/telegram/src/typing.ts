import type { ChatRef } from "@bridgebox/core/adapter";
import { reach, type Access } from "./access.ts";
import { Api, given } from "./api/tl.ts";

/** Telegram forgets after six seconds that somebody types (core.telegram.org/method/messages.setTyping). */
const every = 5000;
/** Whoever says nothing more has stopped: the core repeats itself before that. */
const longest = 60_000;
const shortCall = 10_000;

/** Shows that the account types, and repeats it until it has stopped. */
export class Typing {
  readonly #access: Access;
  readonly #signal: AbortSignal;
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(access: Access, signal: AbortSignal) {
    this.#access = access;
    this.#signal = signal;
    signal.addEventListener("abort", () => {
      for (const timer of this.#timers.values()) clearInterval(timer);
      this.#timers.clear();
    });
  }

  show(chat: ChatRef, what: "text" | "none"): void {
    if (this.#signal.aborted) return;
    const before = this.#timers.get(chat.id);
    clearInterval(before);
    this.#timers.delete(chat.id);
    if (what === "none" && before === undefined) return;
    void this.#tell(chat, what);
    if (what === "none") return;
    const until = Date.now() + longest;
    const timer = setInterval(() => {
      if (Date.now() > until) this.#end(chat, timer);
      else void this.#tell(chat, what);
    }, every);
    timer.unref();
    this.#timers.set(chat.id, timer);
  }

  #end(chat: ChatRef, timer: NodeJS.Timeout): void {
    clearInterval(timer);
    if (this.#timers.get(chat.id) === timer) this.#timers.delete(chat.id);
  }

  async #tell(chat: ChatRef, what: "text" | "none"): Promise<void> {
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(shortCall)]);
    const ask = { what: "Typing was not shown", signal };
    try {
      const { peer, input } = await reach(this.#access, chat, ask.what);
      const action =
        what === "text" ? new Api.SendMessageTypingAction() : new Api.SendMessageCancelAction();
      const request = new Api.messages.SetTyping(
        given({ peer: input, topMsgId: peer.topic, action }),
      );
      await this.#access.client.call(request, ask);
    } catch (error) {
      this.#access.log.debug("Typing was not shown", {
        says: error instanceof Error ? error.message : String(error),
      });
    }
  }
}
