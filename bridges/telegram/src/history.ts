import type {
  HistoryPage,
  HistoryQuery,
  LogEvent,
  RemoteEvent,
  StateEvent,
} from "@bridgebox/core/adapter";
import { fetchHistory, reach, type Access } from "./access.ts";
import { Api } from "./api/tl.ts";
import { messageNumber } from "./ids.ts";
import { messageEvent, placeOfMessage, type View } from "./message.ts";
import { messageEvents } from "./receive.ts";

const longestPage = 100;

/** A page of what was said, edits applied; a number that is missing in it was deleted in channels. */
export const readHistory = async (
  { access, view }: { readonly access: Access; readonly view: View },
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
  const ordered = [...messages].sort((a, b) => a.id - b.id);
  const edge = older ? ordered[0] : ordered.at(-1);
  const unlisted = peer.kind === "channel" ? "deleted" : "unknown";
  return {
    events: ordered.flatMap((message) => logEvents(message, view)),
    states: await statesOf(ordered, view),
    unlisted,
    ...(ordered.length < limit || edge === undefined ? {} : { page: String(edge.id) }),
  };
};

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
