import type { KeyValue } from "@bridgebox/core/adapter";

/** The store did not give or take something. What hangs on it may not be passed over: it comes again. */
export class StoreFailed extends Error {
  constructor(key: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`What the store holds for "${key.replace(/:.*/, "")}" was not read or kept: ${why}`, {
      cause,
    });
    this.name = "StoreFailed";
  }
}

/** The same store, whose failures can be told from everything else that goes wrong. */
export const telling = (store: KeyValue): KeyValue => ({
  get: (key) => store.get(key).catch((cause) => Promise.reject(new StoreFailed(key, cause))),
  set: (key, value, options) =>
    store.set(key, value, options).catch((cause) => Promise.reject(new StoreFailed(key, cause))),
});
