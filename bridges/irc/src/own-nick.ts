import type { KeyValue, Log } from "@bridgebox/core/adapter";

const key = "nick_held";

/** Whether a nick belongs to the person who logged in with it. */
export interface OwnNick {
  /** Somebody else has it, and this login never had: it would speak as somebody it is not. */
  isForeign(now: string): boolean;
}

/**
 * A nick that this login has held once is its own, also while a dead connection still has it. One
 * that somebody else has from the start is not.
 */
export const ownNick = async (
  wanted: string,
  { store, log }: { readonly store: KeyValue; readonly log: Log },
): Promise<OwnNick> => {
  let held = (await store.get(key)) === true;
  return {
    isForeign: (now) => {
      if (held) return false;
      if (!wanted.toLowerCase().startsWith(now.toLowerCase())) return true;
      held = true;
      store.set(key, true).catch((error: unknown) => {
        log.error("That the nick was held was not stored", { error: String(error) });
      });
      return false;
    },
  };
};
