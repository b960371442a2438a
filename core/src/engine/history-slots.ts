import type { LoginId } from "../adapter/index.ts";

/** Requests for history at a time of one login: its network has room for live chat. */
const most = 2;

interface Queue {
  running: number;
  readonly waiting: (() => void)[];
}

/** Lets few chats of one login read their history at once; those that wait go on in order. */
export class HistorySlots {
  readonly #queues = new Map<LoginId, Queue>();

  /** @throws whatever `read` throws, or the signal's reason. */
  async run<T>(login: LoginId, signal: AbortSignal, read: () => Promise<T>): Promise<T> {
    const queue = this.#queues.get(login) ?? { running: 0, waiting: [] };
    this.#queues.set(login, queue);
    if (queue.running >= most) await new Promise<void>((resolve) => queue.waiting.push(resolve));
    else queue.running += 1;
    try {
      signal.throwIfAborted();
      return await read();
    } finally {
      const next = queue.waiting.shift();
      if (next) next();
      else queue.running -= 1;
      if (queue.running === 0) this.#queues.delete(login);
    }
  }
}
