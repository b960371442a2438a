import type { Json, KeyValue, Log } from "@bridgebox/core/adapter";

const heldKey = "nick_held";
const oustedKey = "nick_ousted";

/** Whether a nick belongs to the person who logged in with it. */
export interface OwnNick {
  /** Somebody else has it, and this login never had: it would speak as somebody it is not. */
  isForeign(now: string): boolean;
  /** What holds it may be a dead connection of this login, so that services may be asked for it. */
  readonly regains: boolean;
  /** Somebody who knows the account took it from this login: it is left to them until it is free. */
  oust(): void;
}

/**
 * A nick that this login has held once is its own, also while a dead connection still has it. One
 * that somebody else has from the start is not.
 */
export const ownNick = async (
  wanted: string,
  { store, log }: { readonly store: KeyValue; readonly log: Log },
): Promise<OwnNick> => {
  let held = (await store.get(heldKey)) === true;
  let ousted = (await store.get(oustedKey)) === true;
  const keep = (key: string, value: Json): void => {
    store.set(key, value).catch((error: unknown) => {
      log.error("Whose the nick is was not stored", { error: String(error) });
    });
  };
  return {
    get regains() {
      return held && !ousted;
    },
    oust: () => {
      ousted = true;
      keep(oustedKey, true);
    },
    isForeign: (now) => {
      if (!wanted.toLowerCase().startsWith(now.toLowerCase())) return !held;
      if (ousted) keep(oustedKey, null);
      ousted = false;
      if (!held) keep(heldKey, true);
      held = true;
      return false;
    },
  };
};
