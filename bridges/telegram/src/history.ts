import type {
  HistoryPage,
  HistoryQuery,
  LogEvent,
  RemoteEvent,
  StateEvent,
} from "@bridgebox/core/adapter";
import { fetchHistory, reach, type Access } from "./access.ts";
import { Api } from "./api/tl.ts";
import { messageNumber, peerKey, type PeerId } from "./ids.ts";
import { messageEvent, placeOfMessage, type View } from "./message.ts";
import { note, type Noting } from "./noting.ts";
import { messageEvents } from "./receive.ts";

const longestPage = 100;

/** What reading history needs of a login. */
export interface Reading {
  readonly access: Access;
  readonly view: View;
  readonly noting: Noting;
}

/**
 * A page of what was said, edits applied; a number that is missing in it was deleted in channels. What
 * was said in the topics of a forum belongs to other chats.
 */
export const readHistory = async (
  { access, view, noting }: Reading,
  query: HistoryQuery,
  signal: AbortSignal,
): Promise<HistoryPage> => {
  const ask = { what: "The history was not fetched", signal };
  const { peer } = await reach(access, query.chat, ask.what);
  const limit = Math.min(query.limit, longestPage);
  const from = Number(query.page ?? 0) || (query.from && messageNumber(query.from)) || 0;
  const older = query.direction === "older";
  const span = older
    ? { offsetId: from, limit }
    : { offsetId: from + 1, addOffset: -limit, minId: from, limit };
  const { messages } = await fetchHistory(access, peer, { span, ask });
  const all = [...messages].sort((a, b) => a.id - b.id);
  const edge = older ? all[0] : all.at(-1);
  const ordered = all.filter((message) => isIn(message, peer));
  for (const message of ordered) await note(noting, message);
  await noting.whereabouts.save();
  const unlisted = peer.kind === "channel" ? "deleted" : "unknown";
  return {
    events: ordered.flatMap((message) => logEvents(message, view)),
    states: await statesOf(ordered, view),
    unlisted,
    ...(all.length < limit || edge === undefined ? {} : { page: String(edge.id) }),
  };
};

const isIn = (
  message: Api.TypeMessage,
  peer: PeerId,
): message is Api.Message | Api.MessageService =>
  !(message instanceof Api.MessageEmpty) && peerKey(placeOfMessage(message)) === peerKey(peer);

/** Who had reacted and voted by now. */
const statesOf = async (
  messages: readonly Api.TypeMessage[],
  view: View,
): Promise<readonly StateEvent[]> => {
  const states: RemoteEvent[] = [];
  for (const message of messages) {
    if (!(message instanceof Api.Message)) continue;
    const peer = placeOfMessage(message);
    if (message.reactions !== undefined) {
      const at = { peer, message: message.id };
      states.push(await view.lookups.reactions(at, message.reactions));
    }
    states.push(...(await view.lookups.votes(message, peer)));
  }
  return states.filter((each) => each.kind === "reactions" || each.kind === "votes");
};

const logEvents = (message: Api.TypeMessage, view: View): readonly LogEvent[] => {
  if (message instanceof Api.Message) return [messageEvent(message, view)];
  return messageEvents(message, view).flatMap((event) =>
    event.kind === "notice" || event.kind === "call" ? [event] : [],
  );
};
