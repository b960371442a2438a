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
  /** The client is called otherwise now. It asks for no other nick than its own, so nobody but services took that. */
  renamed(from: string, to: string): void;
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
  const isOwn = (nick: string): boolean => wanted.toLowerCase().startsWith(nick.toLowerCase());
  const oust = (): void => {
    if (!ousted) keep(oustedKey, true);
    ousted = true;
  };
  const hold = (): void => {
    if (ousted) keep(oustedKey, null);
    if (!held) keep(heldKey, true);
    [held, ousted] = [true, false];
  };
  return {
    get regains() {
      return held && !ousted;
    },
    oust,
    renamed: (from, to) => {
      if (isOwn(to)) hold();
      else if (isOwn(from)) oust();
    },
    isForeign: (now) => {
      if (!isOwn(now)) return !held;
      hold();
      return false;
    },
  };
};
