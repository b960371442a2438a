import type { Millis, RemoteEvent } from "../../adapter/index.ts";
import type { Portal } from "../../store/types.ts";
import type { LiveNetwork } from "../box.ts";
import type { MessageRow } from "../../store/types.ts";
import { isRefusal } from "../refusal.ts";
import type { Works } from "../works.ts";
import { Latest } from "./latest.ts";
import { markKey } from "./marks.ts";
import type { Marks } from "./marks.ts";
import { isOwnAccount } from "./own-account.ts";
import { quietly } from "./quietly.ts";

type Read = Extract<RemoteEvent, { kind: "read" }>;

interface Seen {
  readonly live: LiveNetwork;
  readonly portal: Portal;
  readonly event: Read;
  /** No longer does it wait for the message that was read. */
  readonly until: Millis;
}

const keyOf = ({ portal, event }: Pick<Seen, "portal" | "event">): string =>
  JSON.stringify([portal.id, event.user]);

/** What a person reads line by line is one receipt, in milliseconds. */
const wait: Millis = 700;
const mostWaiting = 2000;
/** A network may show what we send as read before it has answered that it was sent, in milliseconds. */
const patience: Millis = 10_000;

/**
 * Somebody has read there, so their ghost has read here (spec: Client-Server API, "Receipts"). Of many
 * the last; nobody enters a room only to have read it.
 */
export const receiptsToMatrix = (
  works: Works,
  marked: Marks,
): ((live: LiveNetwork, portal: Portal, event: Read) => void) => {
  const { box, ghosts } = works;
  const isSending = async ({ id }: Portal): Promise<boolean> =>
    (await box.store.read.items.head({ portal: id, direction: "out" }))?.state === "trying";
  const mark = async (seen: Seen): Promise<void> => {
    const { live, portal, event, until } = seen;
    if (box.homeserverGate.closure) return;
    // Asked first: what it sends is known in the commit that ends it.
    const sending = await isSending(portal);
    const rows = await box.store.read.messages.byRemote(portal.id, event.upTo);
    const row = rows.at(-1);
    if (row === undefined) {
      if (sending && box.clock.now() < until) latest.again(keyOf({ portal, event }), seen);
      return;
    }
    if (isOwnAccount(live, event.user)) return markOwn(seen, row);
    const { mxid } = await ghosts.get(live.settings.id, event.user);
    if (row.sender === mxid || !(await ghosts.isIn(row.room, mxid))) return;
    const call = { class: "live", as: mxid, signal: box.signal } as const;
    await box.homeserver.setReceipt(row.room, row.event, call);
  };
  /** A person's own mark, as theirs, where they are in the room; it does not go back to the network. */
  const markOwn = async ({ live, portal, event }: Seen, row: MessageRow): Promise<void> => {
    const { puppets } = works;
    const person = await puppets.personOf(box.store.read, portal, event.user);
    const login = [...live.logins.values()].find(({ row: { user, owner } }) => {
      return user === event.user && owner === person;
    });
    if (person === undefined || login === undefined) return;
    const key = markKey(login.row.id, portal.id);
    if (row.at <= (marked.get(key) ?? 0)) return;
    const { room } = row;
    if (!(await puppets.isThere(room, person))) return;
    marked.set(key, row.at);
    const call = { class: "live", as: person, signal: box.signal } as const;
    try {
      await box.homeserver.setReceipt(room, row.event, call);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      await puppets.refused({ portal, room, person, error });
    }
  };
  const latest = new Latest<Seen>({
    clock: box.clock,
    signal: box.signal,
    wait,
    most: mostWaiting,
    work: (seen) => quietly(box, "A read receipt", mark(seen)),
  });
  return (live, portal, event) => {
    const until = box.clock.now() + patience;
    latest.set(keyOf({ portal, event }), { live, portal, event, until });
  };
};
