import type { Millis } from "../../adapter/index.ts";
import type { Assertion, MessageRow, Repositories } from "../../store/types.ts";
import type { AssertionsPayload, Shower, Showing, Shown } from "../assertions.ts";
import { pollAmong } from "../poll.ts";
import { awaitTarget } from "../await-target.ts";
import { judge } from "../policy.ts";
import type { Handler, Settlement, Turn } from "../turn.ts";
import type { Works } from "../works.ts";
import { pinInRoom } from "./pins.ts";
import { reactionInRoom } from "./reaction.ts";
import { closedInRoom, placeInRoom, tallyInRoom, voteInRoom } from "./votes.ts";

const showers: Readonly<Record<Assertion["kind"], Shower>> = {
  reaction: reactionInRoom,
  vote: voteInRoom,
  tally: tallyInRoom,
  closed: closedInRoom,
  place: placeInRoom,
  pin: pinInRoom,
};

/** Brings the room to what is true of a message: only rows that changed, each in its own commit. */
export const assertionsToMatrix =
  (works: Works): Handler =>
  async (turn) => {
    const { kind, message } = turn.item.payload as unknown as AssertionsPayload;
    const { read } = works.box.store;
    const pieces = await read.messages.byRemote(turn.portal.id, message);
    if (pieces.length === 0) return held(works, turn, { kind, message });
    const rows = await dirty(read, turn, { kind, message });
    await works.box.failpoint("in.before-claim");
    await turn.claim();
    let later: Millis | undefined;
    for (const row of rows) {
      const target = await targetOf(works, row, pieces);
      if (target === undefined) continue;
      const until = await show(works, turn, { row, target, pieces });
      if (until !== undefined) later = Math.min(until, later ?? until);
    }
    if (later !== undefined) return { end: "parked", key: `later:${turn.item.id}`, until: later };
    return {
      end: "dropped",
      keep: async (tx) => (await dirty(tx, turn, { kind, message })).length > 0,
    };
  };

/** The piece that it is about: of a vote the poll, else the part that it names, else the first. */
const targetOf = async (
  works: Works,
  row: Assertion,
  pieces: readonly MessageRow[],
): Promise<MessageRow | undefined> => {
  const ofPoll = row.kind === "vote" || row.kind === "tally" || row.kind === "closed";
  const poll = ofPoll && pieces.length > 1 ? await pollAmong(works, pieces) : undefined;
  return poll ?? pieces.find((one) => one.part === row.part) ?? pieces[0];
};

const dirty = async (
  tx: Repositories,
  turn: Turn,
  { kind, message }: AssertionsPayload,
): Promise<readonly Assertion[]> =>
  (await tx.assertions.of(turn.portal.id, message)).filter((row) => row.kind === kind && row.dirty);

/** What does not wait for its message, or not any more, is forgotten. */
const held = async (
  works: Works,
  turn: Turn,
  { kind, message }: AssertionsPayload,
): Promise<Settlement> => {
  const settlement = await awaitTarget(works, turn, message);
  return settlement.end === "parked" || settlement.end === "expanded"
    ? settlement
    : { ...settlement, write: (tx) => forget(tx, turn, { kind, message }) };
};

const forget = async (tx: Repositories, turn: Turn, about: AssertionsPayload): Promise<void> => {
  for (const row of await dirty(tx, turn, about)) await tx.assertions.remove(row.seq);
};

const show = async (works: Works, turn: Turn, showing: Showing): Promise<Millis | undefined> => {
  const shower = showers[showing.row.kind];
  const shown = await shower(works, turn, showing).catch(giveUp(works, showing.row));
  if ("later" in shown) return shown.later;
  await works.box.store.commit((tx) => settleRow(tx, showing, shown));
  return undefined;
};

/** What the homeserver does not take keeps nothing else waiting. */
const giveUp =
  ({ box }: Works, row: Assertion) =>
  (error: unknown): Shown => {
    const verdict = judge(error);
    if (verdict.next === "wait") throw error;
    const { code, sentence: why } = verdict;
    box.log.warn("What a network says of a message could not be shown", {
      code,
      why,
      kind: row.kind,
    });
    return { event: row.event };
  };

/** Only what was done is done: a row that changed meanwhile stays for the next turn. */
const settleRow = async (
  tx: Repositories,
  { row, target }: Showing,
  shown: Exclude<Shown, { later: Millis }>,
): Promise<void> => {
  const rows = await tx.assertions.of(row.portal, row.message);
  const now = rows.find((one) => one.seq === row.seq);
  if (now === undefined) return;
  const same = JSON.stringify(now.value) === JSON.stringify(row.value);
  if (same && row.value === null && shown.event === undefined) {
    await tx.assertions.remove(row.seq);
    return;
  }
  const value = same && shown.value !== undefined ? shown.value : now.value;
  await tx.assertions.put({ ...now, value, event: shown.event, room: target.room, dirty: !same });
};
