import type { Json } from "../../adapter/index.ts";
import { MatrixError } from "../../matrix/types.ts";
import type { Ghost, Portal, Repositories, RosterRow } from "../../store/types.ts";
import { oneByOne } from "../one-by-one.ts";
import { judge } from "../policy.ts";
import { outAlready } from "../refusal.ts";
import { levelsOf } from "../room-levels.ts";
import type { Handler, Settlement, Turn } from "../turn.ts";
import { wentBefore } from "../vacate.ts";
import type { Works } from "../works.ts";
import { showLevels } from "./levels.ts";

/** Rows done in one turn; messages of other lanes pass between turns. */
const batch = 50;

/** The wait key of a roster whose leaver still has a message under way. */
export const laneIdle = (portal: number): string => `idle:${portal}`;

/** Brings the room's membership to what the network says: only rows that changed, only our users. */
export const rosterToMatrix =
  (works: Works): Handler =>
  async (turn) => {
    const { store } = works.box;
    const { room } = turn.portal;
    const rows = await store.read.roster.dirty(turn.portal.id, batch);
    if (room === undefined || turn.portal.dead) return { end: "dropped" };
    const waiting = await speakingLeavers(works, turn, rows);
    await turn.claim();
    const due = rows.filter((row) => !waiting.has(row.user));
    const { over, later } = await enactAll(works, turn, { room, due });
    const rowsHere = over.filter((row) => row.state === "join");
    const check = await showLevels(works, turn, { room, rows: rowsHere });
    await store.commit(async (tx) => {
      for (const row of over) await cleanAsDone(tx, turn, row);
    });
    if (later) throw later.error;
    return waiting.size > 0
      ? { end: "parked", key: laneIdle(turn.portal.id), until: works.box.clock.now() + 2000 }
      : done(turn, check);
  };

interface Enacted {
  /** Nothing is left to do for them. */
  readonly over: readonly RosterRow[];
  /** Why not all others are tried, or not yet. */
  readonly later: { readonly error: unknown } | undefined;
}

/** One for whom it cannot be done now is tried again when it is done for all others. */
const enactAll = async (
  works: Works,
  turn: Turn,
  { room, due }: { readonly room: string; readonly due: readonly RosterRow[] },
): Promise<Enacted> => {
  const over: RosterRow[] = [];
  try {
    await oneByOne(due, async (row) => {
      if (await stillSo(works, turn, row))
        await enact(works, turn, { room, row }).catch(giveUp(works, row));
      over.push(row);
    });
    return { over, later: undefined };
  } catch (error) {
    return { over, later: { error } };
  }
};

/** Somebody whom the homeserver does not let in or out keeps nobody else waiting. */
const giveUp =
  ({ box }: Works, row: RosterRow) =>
  (error: unknown): void => {
    const verdict = judge(error);
    if (verdict.next === "wait") throw error;
    const { code, sentence: why } = verdict;
    box.log.warn("A member could not be shown as the network tells", { code, why, as: row.state });
  };

/** Only what was done is done: a row that changed meanwhile stays for the next turn. */
const cleanAsDone = async (tx: Repositories, turn: Turn, row: RosterRow): Promise<void> => {
  if (same(await tx.roster.get(turn.portal.id, row.user), row))
    await tx.roster.clean(turn.portal.id, row.user);
};

const same = (now: RosterRow | undefined, row: RosterRow): boolean =>
  now?.state === row.state && now.role === row.role;

/** A turn takes its time: who has left by now is not let in first. */
const stillSo = async ({ box }: Works, { portal }: Turn, row: RosterRow): Promise<boolean> =>
  same(await box.store.read.roster.get(portal.id, row.user), row);

/** Whatever changed meanwhile keeps the item for another turn. */
const done = ({ portal }: Turn, check: number | undefined): Settlement => ({
  end: "dropped",
  keep: async (tx) =>
    (await tx.roster.dirty(portal.id, 1)).length > 0 ||
    (await levelsOf(tx, portal.id))?.check !== check,
});

/** A leave waits for the leaver's last message. */
const speakingLeavers = async (
  works: Works,
  turn: Turn,
  rows: readonly RosterRow[],
): Promise<ReadonlySet<string>> => {
  const leavers = rows.filter((row) => row.state !== "join").map((row) => row.user);
  if (leavers.length === 0) return new Set();
  const queued = await works.box.store.read.items.list(
    { portal: turn.portal.id, direction: "in" },
    500,
  );
  const speaking = new Set(queued.map((item) => senderOf(item.payload)));
  return new Set(leavers.filter((user) => speaking.has(user)));
};

const senderOf = (payload: Json): string | undefined => {
  if (payload === null || typeof payload !== "object" || !("sender" in payload)) return undefined;
  return typeof payload.sender === "string" ? payload.sender : undefined;
};

const enact = async (
  works: Works,
  turn: Turn,
  { room, row }: { room: string; row: RosterRow },
): Promise<void> => {
  const { ghosts } = works;
  const network = turn.portal.network;
  if (row.state === "join") {
    if (await isHereThemselves(works, turn.portal, { room, user: row.user })) return;
    const { mxid } = await ghosts.get(network, row.user);
    if (await ghosts.isIn(room, mxid)) return;
    await works.rosterPace.turn(turn.signal);
    if (!(await stillSo(works, turn, row))) return;
    await ghosts.ensure(network, row.user, "roster");
    await liftBan(works, turn, { room, mxid });
    await ghosts.ensureJoined(room, mxid, "roster");
    return;
  }
  const ghost = await ghosts.get(network, row.user);
  const here = await works.box.store.read.members.get(room, ghost.mxid);
  if (here !== "join" && here !== "invite") return;
  if (await isInBeside(works, turn.portal, { room, user: row.user })) return;
  await works.rosterPace.turn(turn.signal);
  if (!(await wentBefore(works, turn, { room, user: ghost.mxid })))
    await remove(works, turn, { room, row, ghost });
  await works.box.failpoint("leave.after-call");
  ghosts.membershipChanged(room, ghost.mxid);
  await works.box.store.commit((tx) => tx.members.forget(room, ghost.mxid));
};

/**
 * Who is banned from a room that the box made, and not from its chat, comes back; in a room of their own
 * people decide that.
 */
const liftBan = async (
  { box: { homeserver, store } }: Works,
  { portal, signal }: Turn,
  { room, mxid }: { readonly room: string; readonly mxid: string },
): Promise<void> => {
  if (portal.origin === "plumbed" || (await store.read.members.get(room, mxid)) !== "ban") return;
  await homeserver.unban(room, mxid, { class: "roster", signal }).catch(outAlready);
  await store.commit((tx) => tx.members.set(room, mxid, "leave"));
};

/** A person who is in the room as themselves needs no ghost beside them; it comes if it has to speak. */
const isHereThemselves = async (
  { box, puppets }: Works,
  portal: Portal,
  { room, user }: { room: string; user: RosterRow["user"] },
): Promise<boolean> => {
  const person = await puppets.personOf(box.store.read, portal, user);
  return person !== undefined && (await puppets.membership(room, person)) === "join";
};

/** Who left one chat of a room may be in another one of it. */
const isInBeside = async (
  works: Works,
  portal: Portal,
  { room, user }: { room: string; user: RosterRow["user"] },
): Promise<boolean> => {
  for (const other of await works.portals.ofRoom(room)) {
    if (other.id === portal.id || other.dead || other.network !== portal.network) continue;
    const row = await works.box.store.read.roster.get(other.id, user);
    if (row?.state === "join") return true;
  }
  return false;
};

/** A kick is shown as one, with who did it; a part or quit is the ghost's own leave. */
const remove = async (
  works: Works,
  turn: Turn,
  { room, row, ghost }: { room: string; row: RosterRow; ghost: Ghost },
): Promise<void> => {
  const { homeserver } = works.box;
  const call = { class: "roster", signal: turn.signal } as const;
  try {
    if (row.by === undefined || row.by === row.user) {
      await homeserver.leave(room, { ...call, as: ghost.mxid }, row.reason);
      return;
    }
    const reason = row.reason === undefined ? "" : `: ${row.reason}`;
    await homeserver.kick(room, ghost.mxid, call, `by ${row.by}${reason}`);
  } catch (error) {
    if (!(error instanceof MatrixError) || error.errcode !== "M_FORBIDDEN") throw error;
    await homeserver.leave(room, { ...call, as: ghost.mxid }, row.reason).catch(outAlready);
  }
};
