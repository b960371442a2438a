import type { MessageEvent, Part } from "../../adapter/index.ts";
import type { NewItem } from "../../store/types.ts";
import { notBridged } from "../turn.ts";
import { asJson } from "../as-json.ts";
import type { Handler, Settlement, Turn } from "../turn.ts";
import type { Works } from "../works.ts";
import { withReply } from "./content.ts";
import { isSending, ownEcho, untilSent } from "./echo.ts";
import { shownAs } from "./shown.ts";
import { showRole } from "../roster-item.ts";
import { eventKeyOf, messageKeyOf, say, shownRow } from "./send.ts";

/** Older than this, an event carries its own time (`ts`). */
const live = 60_000;

/** A remote message becomes one event per part, sent by its author's ghost. */
export const messageToMatrix =
  (works: Works): Handler =>
  async (turn) => {
    const event = turn.item.payload as unknown as MessageEvent;
    const echo = await ownEcho(works, turn, event);
    if (echo) return echo;
    const [part, ...more] = event.content.parts;
    if (part === undefined)
      return notBridged("unsupported", "it has nothing in it that can be shown.");
    if (more.length > 0) return { end: "expanded", into: pieces(works, turn, event) };
    if (await targetOnItsWay(works, turn, event)) return untilSent(turn, turn.item.at + 10_000);
    return show(works, turn, { event, part });
  };

const show = async (
  works: Works,
  turn: Turn,
  { event, part }: { event: MessageEvent; part: Part },
): Promise<Settlement> => {
  const { box, ghosts, rooms } = works;
  const room = await rooms.ensure(turn.portal.id);
  const ghost = await ghosts.ensure(turn.portal.network, event.sender);
  const portal = { ...turn.portal, room };
  const reply = await withReply(works, portal, { part, replyTo: event.content.replyTo });
  const { type, content, hash } = await shownAs(works, turn, {
    portal,
    part: reply.part,
    as: ghost.mxid,
  });
  const there = await ghosts.isIn(room, ghost.mxid);
  const sent = await say(works, turn, {
    room,
    as: ghost.mxid,
    type,
    content: { ...content, ...reply.relation },
    ts: turn.item.rank === 0 || box.clock.now() - event.at > live ? event.at : undefined,
  });
  if (!there) await showRole(box, { portal: portal.id, user: event.sender });
  const row = shownRow(turn, {
    event: sent,
    room,
    as: ghost.mxid,
    remote: event.id,
    part: part.id,
    author: event.sender,
    at: event.at,
    content: hash,
  });
  return {
    end: "delivered",
    write: (tx) => tx.messages.add(row),
    wakes: [messageKeyOf(portal.id, event.id), eventKeyOf(sent)],
  };
};

/** An answer to what we are just sending waits until that has an id. */
const targetOnItsWay = async (works: Works, turn: Turn, event: MessageEvent): Promise<boolean> => {
  const target = event.content.replyTo?.id;
  if (target === undefined || turn.item.waitKey !== undefined) return false;
  const rows = await works.box.store.read.messages.byRemote(turn.portal.id, target);
  return rows.length === 0 && isSending(works.box.store.read, turn);
};

const pieces = (works: Works, turn: Turn, event: MessageEvent): readonly NewItem[] =>
  event.content.parts.map((part, sub) => {
    const { replyTo, ...content } = event.content;
    const first = sub === 0 && replyTo ? { replyTo } : {};
    return {
      lane: turn.item.lane,
      rank: turn.item.rank,
      origin: turn.item.origin,
      kind: "message",
      at: turn.item.at,
      sub,
      key: works.box.keyOf(turn.portal.id, `message:${event.key}`, `part:${part.id}`),
      payload: asJson({ ...event, content: { ...content, ...first, parts: [part] } }),
    };
  });
