import { Api, decimal } from "./api/tl.ts";
import type { Ask } from "./access.ts";
import { lineOf, type PeerId } from "./ids.ts";
import { coreReads, gapIn, newestIn, readByNumber, type Missing } from "./missed.ts";

/**
 * From when on nothing of a channel was heard that the account could see: its date is when the account came
 * into it (core.telegram.org/constructor/channel), and what was said before everything was known is
 * history. In seconds; nothing for who is not in it.
 */
export const joinedSince = (
  chats: readonly Api.TypeChat[],
  { id, since }: { readonly id: string; readonly since: number },
): number | undefined => {
  const it = chats.find((each) => each instanceof Api.Channel && decimal(each.id) === id);
  if (!(it instanceof Api.Channel) || it.left === true) return undefined;
  return Math.max(since, it.date);
};

/** From when on, in seconds, and after which message at least: those up to it are hidden from new members. */
export interface Unheard {
  readonly since: number | undefined;
  readonly hidden: number;
  readonly ask: () => Ask;
}

/**
 * Has read what was said in a channel after the last message that was heard, or where none was, since that
 * time: by the core, page by page in its place, and of a forum here, each page committed before the next is
 * asked for, so that after a crash it goes on behind the last one. The network itself leaves out what new
 * members may not see.
 */
export const tellUnheard = async (
  missing: Missing,
  id: string,
  { since, hidden, ask }: Unheard,
): Promise<void> => {
  const { access, inbox, login } = missing;
  const peer: PeerId = { kind: "channel", id };
  const line = lineOf(peer);
  const newest = await newestIn(access, id, { ask: ask() });
  const top = inbox.top(line);
  const isNew = top === 0;
  const before = since === undefined ? undefined : { ask: ask(), before: since };
  const known = isNew ? before && (await newestIn(access, id, before)) : top;
  const after = known === undefined ? undefined : Math.max(known, hidden);
  const isKnown = newest !== undefined && after !== undefined;
  if (await coreReads(access, peer)) {
    const isQuiet = isNew && isKnown && newest <= after;
    if (!isQuiet) inbox.add([gapIn(peer, login, { from: after ?? 0, since })]);
  } else if (isKnown) await readByNumber(missing, peer, { after, newest, ask });
  else inbox.add([gapIn(peer, login)]);
  inbox.seen(line, newest ?? 0);
};
