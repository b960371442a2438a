import type { OwnChat } from "@bridgebox/core/adapter";
import type { Access } from "./access.ts";
import { Api, long } from "./api/tl.ts";
import { fromPeer, type PeerId } from "./ids.ts";
import { ownOf } from "./own-view.ts";

/** One line of the chat list. */
export interface Dialog {
  readonly peer: PeerId;
  readonly topMessage: number;
  /** Of channels. */
  readonly pts: number | undefined;
  /** Seconds. */
  readonly date: number | undefined;
  readonly own: OwnChat;
}

const pageSize = 100;

/** The chat list of a person's account, most recent first; bots have none. */
export const pagesOfDialogs = async function* (
  access: Access,
  signal: AbortSignal,
): AsyncGenerator<readonly Dialog[]> {
  const seen = new Set<string>();
  let offset = { offsetDate: 0, offsetId: 0 };
  let offsetPeer: Api.TypeInputPeer = new Api.InputPeerEmpty();
  for (;;) {
    const request = new Api.messages.GetDialogs({
      ...offset,
      offsetPeer,
      limit: pageSize,
      hash: long(0),
    });
    const what = "The list of chats was not fetched";
    const answer = await access.client.call(request, { what, signal });
    if (answer instanceof Api.messages.DialogsNotModified) return;
    await access.learn(answer.users, answer.chats);
    const list = dialogsIn(answer).filter(({ peer }) => !seen.has(`${peer.kind}:${peer.id}`));
    for (const { peer } of list) seen.add(`${peer.kind}:${peer.id}`);
    if (list.length > 0) yield list;
    const last = list.findLast(({ date }) => date !== undefined);
    const more = answer instanceof Api.messages.DialogsSlice && seen.size < answer.count;
    const lastPeer = last && (await access.peers.inputPeer(last.peer));
    if (!more || last === undefined || lastPeer === undefined) return;
    offset = { offsetDate: last.date ?? 0, offsetId: last.topMessage };
    offsetPeer = lastPeer;
  }
};

const dialogsIn = (answer: Api.messages.Dialogs | Api.messages.DialogsSlice): readonly Dialog[] =>
  answer.dialogs.flatMap((dialog) => {
    if (!(dialog instanceof Api.Dialog)) return [];
    const { topMessage, pts } = dialog;
    const peer = fromPeer(dialog.peer);
    const top = answer.messages.find((message) => message.id === topMessage && isIn(message, peer));
    const date = top !== undefined && "date" in top ? top.date : undefined;
    return [{ peer, topMessage, pts, date, own: ownOf(dialog, Date.now()) }];
  });

const isIn = (message: Api.TypeMessage, peer: PeerId): boolean => {
  if (message instanceof Api.MessageEmpty) return false;
  const its = fromPeer(message.peerId);
  return its.kind === peer.kind && its.id === peer.id;
};
