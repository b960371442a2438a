import { BridgeError, firstPart } from "../../adapter/index.ts";
import type { Draft, Json, NetworkId, Order } from "../../adapter/index.ts";
import { deadlineWithin } from "../../flow/deadline.ts";
import { cleanName, fromPlain } from "../../richtext/index.ts";
import type { Claimant, Lane, NewItem, Repositories } from "../../store/types.ts";
import { asJson } from "../as-json.ts";
import type { Box, LiveLogin } from "../box.ts";
import { asideLane, talkLane } from "../control.ts";
import { forgetTalk, talkRoom } from "../onboard.ts";
import { isRefusal } from "../refusal.ts";
import { say } from "../to-matrix/send.ts";
import type { Handler, Settlement, Turn } from "../turn.ts";
import type { Works } from "../works.ts";

/** What is said to somebody of a network in private, where they spoke to an account of the box. */
export interface Answer {
  readonly network: NetworkId;
  readonly to: Pick<Claimant, "login" | "chat">;
  readonly text: string;
}

/** What is said to a person in their own room with the bot. */
export interface Note {
  readonly user: string;
  readonly network: NetworkId;
  readonly text: string;
}

/** How long an answer waits for a network that is away, in milliseconds: later nobody knows what it is about. */
const patience = 3_600_000;

/** In the caller's commit. `origin`: what it answers. */
export const queueAnswer = async (
  box: Box,
  tx: Repositories,
  { answer, origin }: { readonly answer: Answer; readonly origin: string },
): Promise<Lane> => {
  const lane = asideLane(answer.network, answer.to.chat.id);
  await add(box, tx, { lane, origin, kind: "asideAnswer", payload: asJson(answer) });
  return lane;
};

/** In the caller's commit. */
export const queueNote = async (
  box: Box,
  tx: Repositories,
  { note, origin }: { readonly note: Note; readonly origin: string },
): Promise<Lane> => {
  const lane = talkLane(note.user);
  await add(box, tx, { lane, origin, kind: "linkNote", payload: asJson(note) });
  return lane;
};

const add = async (
  box: Box,
  tx: Repositories,
  item: Pick<NewItem, "lane" | "origin" | "kind" | "payload">,
): Promise<void> => {
  const key = box.keyOf(item.lane.portal, item.origin, item.kind);
  if (await tx.items.byKey(key)) return;
  await tx.items.add({ ...item, rank: 1, at: box.clock.now(), key });
};

/** Says it there, at most once where the network cannot be asked whether it has it. */
export const answerAside =
  (works: Works): Handler =>
  async (turn) => {
    const answer = turn.item.payload as unknown as Answer;
    const live = works.box.networks.get(answer.network);
    if (live === undefined || turn.now() - turn.item.at > patience) return { end: "dropped" };
    const login = live.logins.get(answer.to.login);
    // It may not be there yet: the box has just started.
    if (login === undefined) throw away(answer.network);
    const { draft } = turn.item;
    if (draft !== undefined) return sendOne(works, turn, { answer, login, draft });
    const drafts = await draftsOf(works, login, answer);
    return { end: "expanded", into: drafts.map((one, sub) => pieceOf(works, turn, one, sub)) };
  };

const away = (network: NetworkId): BridgeError =>
  new BridgeError("network", `The account of the box on ${network} is not there.`, {
    reached: "no",
    scope: "item",
  });

const draftsOf = async (
  { box }: Works,
  { row: { id } }: LiveLogin,
  { to: { chat }, text }: Answer,
): Promise<readonly Draft[]> => {
  const part = { id: firstPart, kind: "text", text: fromPlain(text), tone: "notice" } as const;
  if (!box.connections.can(id, "plan") && box.connections.can(id, "send"))
    return [{ part: firstPart, body: asJson(part), plain: text }];
  const speaker = { as: "self" } as const;
  const outgoing = { chat, speaker, content: { parts: [part] }, at: box.clock.now() };
  return box.connections.call(id, "plan", outgoing);
};

const pieceOf = ({ box }: Works, { item }: Turn, draft: Draft, sub: number): NewItem => ({
  lane: item.lane,
  rank: item.rank,
  origin: item.origin,
  kind: item.kind,
  payload: item.payload,
  at: item.at,
  sub,
  draft,
  key: box.keyOf(item.lane.portal, item.origin, `${item.kind} ${sub}`),
});

const sendOne = async (
  works: Works,
  turn: Turn,
  { answer, login, draft }: { answer: Answer; login: LiveLogin; draft: Draft },
): Promise<Settlement> => {
  const { box } = works;
  const { id } = login.row;
  const order: Order = { chat: answer.to.chat, draft, speaker: { as: "self" } };
  const deadline = deadlineWithin(box.settings.deadline.network, turn.signal);
  const attempt = {
    key: turn.item.key,
    notes: turn.item.notes,
    note: (data: Json) => box.store.commit((tx) => tx.items.note(turn.item.id, data)),
    signal: deadline.signal,
  };
  try {
    if (turn.suspect) {
      if (!box.connections.can(id, "find")) return { end: "dropped" };
      const { attempt: number, firstAt = turn.item.at } = turn.item;
      const facts = { ...attempt, number, firstAt };
      const found = await box.connections.call(id, "find", order, facts);
      if (found.state !== "absent") return { end: "dropped" };
    }
    const claimed = await turn.claim(draft);
    await box.failpoint("out.before-call");
    await box.connections.call(id, "send", order, { ...attempt, ...claimed });
    await box.failpoint("out.after-call");
    return { end: "dropped" };
  } finally {
    deadline.end();
  }
};

/** Says it in the person's own room with the bot. */
export const noteLink =
  (works: Works): Handler =>
  async (turn) => {
    const note = turn.item.payload as unknown as Note;
    const room = await talkRoom(works, turn, note);
    const as = works.box.homeserver.bot;
    const content = { msgtype: "m.notice", body: note.text };
    try {
      await say(works, turn, { room, as, type: "m.room.message", content });
      return { end: "dropped" };
    } catch (error) {
      // We were put out of that room: the next word goes to another one.
      if (!isRefusal(error)) throw error;
      return { end: "dropped", write: (tx) => forgetTalk(tx, note.user, room) };
    }
  };

/** A name and the account of somebody of a network, in a line that people read. */
export const shownAccount = ({ name, account }: Pick<Claimant, "name" | "account">): string => {
  const shown = cleanName(name);
  return shown === "" || shown === account ? account : `${shown} (${account})`;
};
