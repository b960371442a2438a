import type { Draft, Json } from "../../adapter/index.ts";
import type { NewItem, Repositories } from "../../store/types.ts";
import { messageKeyOf, eventKeyOf } from "../to-matrix/send.ts";
import { outPayload, sentRow } from "../sent-row.ts";
import { notBridged } from "../turn.ts";
import type { Handler, Settlement, Turn } from "../turn.ts";
import type { Works } from "../works.ts";
import { contentFor, isSettlement, repliedTo } from "./content.ts";
import type { Said } from "./content.ts";
import { perform } from "./send.ts";
import { voiceOf } from "./speaker.ts";
import type { Voice } from "./speaker.ts";

/** How long an answer waits for the message it answers to be known here. */
const targetPatience = 10_000;

/** A Matrix message becomes one call per draft. */
export const messageToNetwork =
  (works: Works): Handler =>
  async (turn) => {
    const { event } = outPayload(turn.item);
    const voice = await voiceOf(works, turn.portal, event.sender);
    if (!voice)
      return notBridged(
        "forbidden",
        "you have no login there and this room has no relay you may use. Log in, or ask an admin to set a relay.",
      );
    if (turn.item.draft) return send(works, turn, { voice, draft: turn.item.draft });
    if (await targetOnItsWay(works.box.store.read, turn))
      return {
        end: "parked",
        key: eventKeyOf(repliedTo(event) ?? ""),
        until: works.box.clock.now() + targetPatience,
        still: (tx) => targetOnItsWay(tx, turn),
      };
    const said = await contentFor(works, turn.portal, { event, body: event.content, voice });
    if (isSettlement(said)) return said;
    const drafts = await draftsOf(works, turn, { voice, said });
    const [draft, ...more] = drafts;
    if (draft === undefined)
      return notBridged("unsupported", "there is nothing in it that can be shown there.");
    if (more.length > 0) return { end: "expanded", into: pieces(works, turn, drafts) };
    return send(works, turn, { voice, draft });
  };

const send = async (
  works: Works,
  turn: Turn,
  { voice, draft }: { voice: Voice; draft: Draft },
): Promise<Settlement> => {
  const ended = await perform(works, turn, {
    voice,
    draft,
    call: (order, attempt) =>
      works.box.connections.call(voice.login.row.id, "send", order, attempt),
  });
  if ("settlement" in ended) return ended.settlement;
  const row = {
    ...sentRow({ ...turn.item, draft }, turn.portal, ended.sent),
    login: voice.login.row.id,
  };
  return {
    end: "delivered",
    write: (tx) => tx.messages.add(row),
    wakes: [messageKeyOf(turn.portal.id, ended.sent.id)],
  };
};

/** The connection's own plan, or one draft per part. */
export const draftsOf = async (
  works: Works,
  turn: Turn,
  { voice, said: { content, lead } }: { voice: Voice; said: Said },
): Promise<readonly Draft[]> => {
  const { connections } = works.box;
  if (connections.can(voice.login.row.id, "plan")) {
    return connections.call(voice.login.row.id, "plan", {
      chat: turn.portal.chat,
      speaker: voice.speaker,
      content,
      at: turn.item.at,
      ...(lead === undefined ? {} : { lead }),
    });
  }
  return content.parts.map((part) => ({
    part: part.id,
    body: JSON.parse(JSON.stringify(part)) as Json,
    plain: part.kind,
    ...(part.kind === "media" ? { media: [part.media] } : {}),
  }));
};

/** One item for each draft, in order, in the place of the one that they are of. */
export const pieces = (works: Works, turn: Turn, drafts: readonly Draft[]): readonly NewItem[] =>
  drafts.map((draft, sub) => ({
    lane: turn.item.lane,
    rank: turn.item.rank,
    origin: turn.item.origin,
    kind: turn.item.kind,
    payload: turn.item.payload,
    at: turn.item.at,
    sub,
    draft,
    key: works.box.keyOf(turn.portal.id, turn.item.origin, `${sub}:${draft.part}`),
  }));

/** An answer to an event that is ours and not settled yet waits for its map entry. */
const targetOnItsWay = async (store: Repositories, turn: Turn): Promise<boolean> => {
  const { event } = outPayload(turn.item);
  const id = repliedTo(event);
  if (id === undefined || turn.item.waitKey !== undefined) return false;
  if ((await store.messages.byEvent(turn.portal.id, id)).length > 0) return false;
  const inLane = { portal: turn.portal.id, direction: "in" } as const;
  return (await store.items.head(inLane))?.state === "trying";
};
