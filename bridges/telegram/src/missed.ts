import type { ChatRef, GapEvent, LoginId } from "@bridgebox/core/adapter";
import { fetchHistory, fetchMessages, ifTold, type Access, type Ask } from "./access.ts";
import { pagesOfDialogs } from "./dialogs.ts";
import type { Api } from "./api/tl.ts";
import { topicsOf } from "./topics.ts";
import { chatRef, lineOf, messageOf, peerKey, peerOfChat, type PeerId } from "./ids.ts";
import type { Inbox } from "./updates.ts";

const pageSize = 100;
/** Everything else of the login waits for these: what was said before the newest is a gap. */
const mostByNumber = 3000;

/** Whose sequences something was missed in. */
export interface Missing {
  readonly access: Access;
  readonly inbox: Inbox;
  readonly login: LoginId;
  readonly signal: AbortSignal;
  readonly chats: () => Promise<readonly ChatRef[]>;
}

/**
 * The core reads what was said after `from`, or where that is 0 since then, in seconds; without either
 * nobody knows what is missing.
 */
export const gapIn = (
  peer: PeerId,
  login: LoginId,
  { from = 0, since }: { readonly from?: number; readonly since?: number | undefined } = {},
): GapEvent => {
  const gap = { kind: "gap", chat: chatRef(peer, login), at: Date.now() } as const;
  if (from > 0) return { ...gap, healable: true, from: messageOf(from) };
  if (since !== undefined) return { ...gap, healable: true, since: since * 1000 - 1 };
  return { ...gap, healable: false };
};

/** Bots may not ask for a history, and the one of a forum holds what belongs to many chats. */
export const coreReads = async ({ bot, peers }: Access, peer: PeerId): Promise<boolean> =>
  !bot && (await peers.get(peer))?.forum !== true;

/**
 * The newest message of a channel, or the newest from before that time, in seconds; 0 where there is none,
 * nothing where the network does not say it, as to bots.
 */
export const newestIn = async (
  access: Access,
  id: string,
  { ask, before }: { readonly ask: Ask; readonly before?: number },
): Promise<number | undefined> => {
  if (access.bot) return undefined;
  const peer: PeerId = { kind: "channel", id };
  const span = { limit: 1, ...(before === undefined ? {} : { offsetDate: before }) };
  const page = await ifTold(access, ask, () => fetchHistory(access, peer, { span, ask }));
  return page && (page.messages[0]?.id ?? 0);
};

/** Gaps in the private chats and basic groups that the core knows, and in those where something was said since. */
export const addBoxGaps = async ({
  access,
  inbox,
  chats,
  login,
  signal,
}: Missing): Promise<void> => {
  const top = access.bot ? 0 : inbox.top("pts");
  const peers = new Map<string, PeerId>();
  for (const chat of await chats()) {
    const peer = chat.receiver === login ? peerOfChat(chat) : undefined;
    if (peer !== undefined && peer.kind !== "channel") peers.set(peerKey(peer), peer);
  }
  if (!access.bot) {
    for await (const list of pagesOfDialogs(access, signal)) {
      for (const { peer, topMessage } of list) {
        if (peer.kind === "channel") continue;
        if (top > 0 && topMessage > top) peers.set(peerKey(peer), peer);
        inbox.seen("pts", topMessage);
      }
    }
  }
  inbox.add([...peers.values()].map((peer) => gapIn(peer, login, { from: top })));
};

/** What stands between the two was not read, and the core has no way to. */
const skipped = (
  peer: PeerId,
  login: LoginId,
  { after, first }: { readonly after: number; readonly first: Api.TypeMessage | undefined },
): GapEvent => ({
  kind: "gap",
  chat: chatRef(peer, login),
  healable: false,
  ...(after > 0 ? { from: messageOf(after) } : {}),
  ...(first === undefined ? {} : { to: messageOf(first.id) }),
  at: first !== undefined && "date" in first ? first.date * 1000 : Date.now(),
});

/**
 * Everything after that number, oldest first, each page committed before the next is asked for; of very
 * much the newest.
 */
export const readByNumber = async (
  { access, inbox, login }: Missing,
  peer: PeerId,
  span: { readonly after: number; readonly newest: number; readonly ask: () => Ask },
): Promise<void> => {
  const { after, newest } = span;
  const start = Math.max(after, newest - mostByNumber) + 1;
  for (let from = start; from <= newest; from += pageSize) {
    const length = Math.min(pageSize, newest - from + 1);
    const ids = Array.from({ length }, (_, index) => from + index);
    const { messages } = await fetchMessages(access, peer, { ids, ask: span.ask() });
    const inOrder = [...messages].sort((a, b) => a.id - b.id);
    if (from === start && start > after + 1) {
      const [first] = inOrder;
      const lacking = [peer, ...(await topicsOf(access, peer, { after, start, ask: span.ask }))];
      inbox.add(lacking.map((each) => skipped(each, login, { after, first })));
    }
    await inbox.replay(inOrder);
    inbox.seen(lineOf(peer), from + length - 1);
    await inbox.commit();
  }
};
