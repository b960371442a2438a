import { BridgeError } from "../../adapter/index.ts";
import type { Draft } from "../../adapter/index.ts";
import type { MatrixEvent } from "../../matrix/types.ts";
import type { MessageRow } from "../../store/types.ts";
import { forgetPiece } from "../gone.ts";
import { wordsHash } from "../own-words.ts";
import { outPayload, sentRow } from "../sent-row.ts";
import { notBridged } from "../turn.ts";
import type { Handler, Settlement, Turn } from "../turn.ts";
import type { Works } from "../works.ts";
import { contentFor, isSettlement, object } from "./content.ts";
import { draftsOf, pieces } from "./message.ts";
import { perform } from "./send.ts";
import { enterChat, voiceless, voiceOfSent } from "./speaker.ts";
import type { Voice } from "./speaker.ts";
import { soughtRows, whyUnknown } from "./seen.ts";

/** The event that an edit replaces, if it is one. */
export const replacedBy = (event: MatrixEvent): string | undefined => {
  const relation = object(event.content["m.relates_to"]);
  const id = relation?.["rel_type"] === "m.replace" ? relation["event_id"] : undefined;
  return typeof id === "string" ? id : undefined;
};

/** What the text of an edit begins with where the network has no edits. */
const mark = "(edited) ";

/**
 * An edit by the author of the original, in its room, acts on every piece of it on the network: more
 * pieces are sent, those left over are deleted. Where the network has no edits, the new text is sent
 * as a new message with a mark. All of it belongs to the original: a deletion takes all of it back.
 */
export const editToNetwork =
  (works: Works): Handler =>
  async (turn) => {
    const { event } = outPayload(turn.item);
    const rows = await originals(works, turn, event);
    const [row] = rows;
    if (row === undefined) {
      const id = replacedBy(event);
      const why = id && (await whyUnknown(works, turn, { event: id, deed: "Change" }));
      return notBridged("not_found", why ?? "the message it changes is not known there.");
    }
    const voice = await voiceOfSent(works, turn.portal, row);
    if (!voice) return voiceless(works, turn.portal, event.sender);
    if (turn.item.draft) return apply(works, turn, { rows, voice, draft: turn.item.draft });
    await connected(works, turn, voice);
    const native = works.box.connections.can(voice.login.row.id, "edit");
    const body = object(event.content["m.new_content"]) ?? event.content;
    const said = await contentFor(works, turn.portal, {
      event: { ...event, content: body },
      body,
      voice,
      ...(native ? {} : { mark }),
    });
    if (isSettlement(said)) return said;
    const drafts = await draftsOf(works, turn, { voice, said });
    const [draft] = drafts;
    if (draft === undefined)
      return notBridged("unsupported", "there is nothing in it that can be shown there.");
    if (drafts.length > 1) return { end: "expanded", into: pieces(works, turn, drafts) };
    return apply(works, turn, { rows, voice, draft });
  };

/** What the network can do is known of a connected login only. */
const connected = async (works: Works, turn: Turn, { login }: Voice): Promise<void> => {
  await enterChat(works, turn.portal, login, turn.signal);
  if (works.box.connections.can(login.row.id, "send")) return;
  throw new BridgeError("network", `${login.row.name} is not connected.`, {
    reached: "no",
    scope: "login",
  });
};

interface Change {
  readonly rows: readonly MessageRow[];
  readonly voice: Voice;
  readonly draft: Draft;
}

/** One piece: the message at its place is changed, or a new one is sent where there is none. */
const apply = async (
  works: Works,
  turn: Turn,
  { rows, voice, draft }: Change,
): Promise<Settlement> => {
  const { connections } = works.box;
  const { id } = voice.login.row;
  await connected(works, turn, voice);
  const native = connections.can(id, "edit");
  const row = native ? rows[turn.item.sub] : undefined;
  const ended = await perform(works, turn, {
    voice,
    draft,
    call: (order, attempt) =>
      row
        ? connections.call(id, "edit", row.remote, order, attempt)
        : connections.call(id, "send", order, attempt),
  });
  if ("settlement" in ended) return ended.settlement;
  if (native && (await isLast(works, turn)))
    await removeRest(works, turn, { voice, rows: rows.slice(turn.item.sub + 1) });
  if (row) {
    const { remote, part } = row;
    const words = wordsHash(draft.plain);
    return {
      end: "delivered",
      write: (tx) => tx.messages.setContent(turn.portal.id, remote, part, words),
    };
  }
  const sent: MessageRow = {
    ...sentRow({ ...turn.item, draft }, turn.portal, ended.sent),
    ...(rows[0] ? { event: rows[0].event } : {}),
    login: id,
  };
  return { end: "delivered", write: (tx) => tx.messages.add(sent) };
};

const isLast = async (works: Works, { item }: Turn): Promise<boolean> => {
  const pieces = await works.box.store.read.items.ofOrigin(item.origin);
  return !pieces.some((one) => one.lane.portal === item.lane.portal && one.sub > item.sub);
};

/** The new text has fewer pieces than the old one had. */
const removeRest = async (
  works: Works,
  turn: Turn,
  { voice, rows }: Pick<Change, "voice" | "rows">,
): Promise<void> => {
  const { connections, store, settings } = works.box;
  const { id } = voice.login.row;
  if (!connections.can(id, "remove")) return;
  const deadline = AbortSignal.timeout(settings.deadline.network);
  const signal = AbortSignal.any([turn.signal, deadline]);
  for (const row of rows) {
    await connections.call(id, "remove", turn.portal.chat, row.remote, voice.speaker, signal);
    await store.commit((tx) => forgetPiece(works.box, tx, row));
  }
};

/** The pieces of what is edited: only the sender's own, only in this room. */
const originals = async (
  works: Works,
  turn: Turn,
  event: MatrixEvent,
): Promise<readonly MessageRow[]> => {
  const id = replacedBy(event);
  if (id === undefined) return [];
  const known = await works.box.store.read.messages.byEvent(turn.portal.id, id);
  const rows = known.length > 0 ? known : await soughtRows(works, turn, id);
  return rows.filter((row) => row.sender === event.sender && row.room === event.room_id);
};
