import type { Json } from "../../adapter/index.ts";
import type { Assertion, MessageRow } from "../../store/types.ts";
import { outPayload } from "../sent-row.ts";
import { notBridged } from "../turn.ts";
import type { Handler, Turn } from "../turn.ts";
import type { Works } from "../works.ts";
import { enterChat, voiceOf } from "./speaker.ts";
import type { Voice } from "./speaker.ts";

/** What differs between what is pinned in the room and what is known of the chat is told to the network. */
export const pinsToNetwork =
  (works: Works): Handler =>
  async (turn) => {
    const { box } = works;
    const { event } = outPayload(turn.item);
    const list = listIn(event.content["pinned"]);
    const wanted = await rowsOf(works, turn, list.slice(-most));
    const known = await box.store.read.assertions.ofKind(turn.portal.id, "pin");
    const standing = known.filter((row) => row.value !== null);
    const fresh = wanted.filter((row) => !standing.some((one) => one.message === row.remote));
    // Only what this room has shown can have been taken off it, and only where its whole list was read.
    const { room } = turn.portal;
    const shown = standing.filter(
      (one) => one.event !== undefined && !one.dirty && one.room === room,
    );
    const gone =
      list.length > most
        ? []
        : shown.filter((one) => !wanted.some((row) => row.remote === one.message));
    if (fresh.length + gone.length === 0) return { end: "dropped" };
    const voice = await voiceOf(works, turn.portal, event.sender);
    if (voice === undefined)
      return notBridged("forbidden", "you have no login there and no relay to use.");
    const { id } = voice.login.row;
    const able = turn.portal.info?.features.can.includes("pin") !== false;
    if (!box.connections.can(id, "pin") || !able)
      return { ...notBridged("unsupported", "nothing can be pinned there."), quiet: true };
    await enterChat(works, turn.portal, voice.login, turn.signal);
    await turn.claim();
    for (const row of gone) await pin(works, turn, { voice, row, value: null });
    for (const row of fresh) await pin(works, turn, { voice, row: pinOf(turn, row), value: {} });
    return { end: "delivered" };
  };

const most = 100;

const listIn = (value: Json | undefined): readonly string[] =>
  Array.isArray(value) ? value.filter((one: Json) => typeof one === "string") : [];

/** The first piece of each that this network has. */
const rowsOf = async (
  works: Works,
  turn: Turn,
  events: readonly string[],
): Promise<readonly MessageRow[]> => {
  const found = new Map<string, MessageRow>();
  for (const event of events) {
    const [row] = await works.box.store.read.messages.byEvent(turn.portal.id, event);
    if (row?.room === turn.portal.room && row) found.set(row.remote, row);
  }
  return [...found.values()];
};

const pinOf = (turn: Turn, { remote, part, event, room }: MessageRow): Omit<Assertion, "seq"> => ({
  portal: turn.portal.id,
  message: remote,
  part,
  kind: "pin",
  user: "",
  name: "",
  by: undefined,
  value: null,
  event,
  room,
  dirty: false,
  at: turn.now(),
});

/** A pin is a state: where nobody knows whether the call arrived, the next turn makes it again. */
const pin = async (
  works: Works,
  turn: Turn,
  what: {
    readonly voice: Voice;
    readonly row: Omit<Assertion, "seq">;
    readonly value: Assertion["value"];
  },
): Promise<void> => {
  const { connections, settings, store } = works.box;
  const { voice, row, value } = what;
  const signal = AbortSignal.any([turn.signal, AbortSignal.timeout(settings.deadline.network)]);
  const { id } = voice.login.row;
  await works.box.failpoint("out.before-call");
  const told = { id: row.message, on: value !== null };
  await connections.call(id, "pin", turn.portal.chat, told, signal);
  await works.box.failpoint("out.after-call");
  await store.commit((tx) => tx.assertions.put({ ...row, value }));
};
