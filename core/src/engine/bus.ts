import type { Lane } from "../store/types.ts";
import type { Happening } from "./box.ts";

/** What workers tell each other: wake-ups and news, plain JSON, never the truth. */
export interface Topics {
  readonly wake: Lane;
  readonly happening: Happening;
}

/** Local now; between workers a message may come twice or not at all, which only costs time. */
export interface Bus {
  publish<T extends keyof Topics>(topic: T, message: Topics[T]): void;
  /** Returns what ends it. */
  subscribe<T extends keyof Topics>(topic: T, listener: (message: Topics[T]) => void): () => void;
}

/** A bus within this process. */
export const localBus = (): Bus => {
  const listeners: { [T in keyof Topics]: Set<(message: Topics[T]) => void> } = {
    wake: new Set(),
    happening: new Set(),
  };
  return {
    publish: (topic, message) => {
      for (const listener of listeners[topic]) listener(message);
    },
    subscribe: (topic, listener) => {
      listeners[topic].add(listener);
      return () => listeners[topic].delete(listener);
    },
  };
};
