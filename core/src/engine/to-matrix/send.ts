import type { MessageId, UserId } from "../../adapter/index.ts";
import { deadlineWithin } from "../../flow/deadline.ts";
import { keyField, MatrixError } from "../../matrix/types.ts";
import type { JsonObject } from "../../matrix/types.ts";
import type { CallClass } from "../../matrix/types.ts";
import type { MessageRow } from "../../store/types.ts";
import { claimNext } from "../claim-next.ts";
import type { Turn } from "../turn.ts";
import type { Works } from "../works.ts";

/** An event that one of our own users is to send. */
export interface Say {
  readonly room: string;
  /** The bot or a ghost. */
  readonly as: string;
  readonly type: string;
  readonly content: JsonObject;
  readonly ts?: number | undefined;
  /** K, where one item sends several events; else it is the item's. */
  readonly key?: string;
}

/** How far apart our clock and the homeserver's may be when a sent event is looked for. */
const clockSlack = 10 * 60_000;

const classOf = (turn: Turn): CallClass => (turn.item.rank === 0 ? "history" : "live");

/**
 * Sends one event exactly once: write ahead (W), our key in the content (K), and after an attempt
 * whose end nobody saw, a look before the next (L). Returns the event id.
 */
export const say = async (works: Works, turn: Turn, what: Say): Promise<string> => {
  const { box } = works;
  if (turn.suspect) {
    const found = await look(works, turn, what);
    if (found !== undefined) return found;
  }
  await works.ghosts.ensureJoined(what.room, what.as, classOf(turn));
  await box.failpoint("in.before-claim");
  await turn.claim();
  await box.failpoint("in.before-call");
  const sending = send(works, turn, what);
  void claimNext(works, turn).catch(() => undefined);
  const event = await Promise.race([sending, byEcho(turn)]);
  await box.failpoint("in.after-call");
  return event;
};

const byEcho = async (turn: Turn): Promise<string> => {
  const confirmation = await turn.confirmed;
  if (confirmation.by === "homeserver") return confirmation.event;
  return new Promise(() => undefined);
};

/**
 * Looks as the speaker, who sees what they sent. One who is not registered or not in the room yet may
 * not look; then the bot does, and if neither may, nothing can have been sent.
 */
const look = async (works: Works, turn: Turn, what: Say): Promise<string | undefined> => {
  for (const as of new Set([what.as, works.box.homeserver.bot])) {
    try {
      return await lookAs(works, turn, { what, as });
    } catch (error) {
      if (!(error instanceof MatrixError) || error.status !== 403) throw error;
    }
  }
  return undefined;
};

const lookAs = (
  works: Works,
  turn: Turn,
  { what, as }: { what: Say; as: string },
): Promise<string | undefined> =>
  works.box.homeserver.findByKey(
    {
      room: what.room,
      sender: what.as,
      key: what.key ?? turn.item.key,
      since: (turn.item.firstAt ?? turn.item.at) - clockSlack,
    },
    { class: classOf(turn), as: actor(works, as), signal: turn.signal },
  );

const actor = (works: Works, as: string): string | undefined =>
  as === works.box.homeserver.bot ? undefined : as;

const send = async (works: Works, turn: Turn, what: Say): Promise<string> => {
  try {
    return await put(works, turn, what);
  } catch (error) {
    if (!(error instanceof MatrixError) || error.errcode !== "M_FORBIDDEN") throw error;
    await rejoin(works, turn, what);
    return put(works, turn, what);
  }
};

/** One call, with K in the content and as its transaction id. */
export const put = async (works: Works, turn: Turn, what: Say): Promise<string> => {
  const key = what.key ?? turn.item.key;
  const deadline = deadlineWithin(works.box.settings.deadline.homeserver, turn.signal);
  const sending = works.box.homeserver.send(
    {
      room: what.room,
      type: what.type,
      content: { ...what.content, [keyField]: key },
      txn: key,
      ts: what.ts,
    },
    {
      class: classOf(turn),
      as: actor(works, what.as),
      signal: deadline.signal,
    },
  );
  return sending.finally(deadline.end);
};

/** Somebody removed our user from the room behind our back: what we believed is put right. */
const rejoin = async (works: Works, turn: Turn, what: Say): Promise<void> => {
  works.ghosts.membershipChanged(what.room, what.as);
  await works.box.store.commit((tx) => tx.members.set(what.room, what.as, "leave"));
  await works.ghosts.ensureJoined(what.room, what.as, classOf(turn));
};

/** The map entry of a remote message that is in the room now. */
export const shownRow = (
  turn: Turn,
  shown: {
    readonly event: string;
    readonly room: string;
    readonly as: string;
    readonly remote: MessageId;
    readonly part: MessageRow["part"];
    readonly author: UserId;
    readonly at: number;
    readonly content: string;
    readonly thread: MessageId | undefined;
  },
): MessageRow => ({
  portal: turn.portal.id,
  remote: shown.remote,
  part: shown.part,
  event: shown.event,
  room: shown.room,
  sender: shown.as,
  author: shown.author,
  from: "remote",
  at: shown.at,
  login: undefined,
  content: shown.content,
  thread: shown.thread,
});

/** What waits for that remote message, and for that event. */
export const messageKeyOf = (portal: number, remote: string): string => `msg:${portal}:${remote}`;
export const eventKeyOf = (event: string): string => `event:${event}`;
