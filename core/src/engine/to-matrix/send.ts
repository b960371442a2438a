import type { Json, MessageId, UserId } from "../../adapter/index.ts";
import { deadlineWithin } from "../../flow/deadline.ts";
import { keyField, MatrixError, puppetField } from "../../matrix/types.ts";
import type { JsonObject } from "../../matrix/types.ts";
import type { CallClass } from "../../matrix/types.ts";
import type { MessageRow } from "../../store/types.ts";
import { claimNext } from "../claim-next.ts";
import { isRefusal } from "../refusal.ts";
import { willLeave } from "../old-room.ts";
import { predecessorOf } from "../tombstone.ts";
import { mayComeLate, standIn } from "../stand-in.ts";
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
  /** The Matrix user who is that ghost's person: they say it themselves, if they can. */
  readonly person?: string | undefined;
  /** The content where the ghost says it instead of them. */
  readonly instead?: JsonObject;
  /** K, where one item sends several events; else it is the item's. */
  readonly key?: string;
}

/** How far apart our clock and the homeserver's may be when a sent event is looked for. */
const clockSlack = 10 * 60_000;

/** What was missed and is read again stands in its own line, so that live chat does not wait for it. */
export const classOf = ({ item: { rank, payload } }: Turn): CallClass =>
  rank === 0 || isMissed(payload) ? "history" : "live";

const isMissed = (payload: Json): boolean =>
  typeof payload === "object" && payload !== null && "missed" in payload && payload.missed === true;

/** An event that was sent, and who it is from. */
export interface Spoken {
  readonly event: string;
  readonly as: string;
}

/** Sends one event exactly once; returns its id. */
export const say = async (works: Works, turn: Turn, what: Say): Promise<string> =>
  (await sayBy(works, turn, what)).event;

/**
 * Sends one event exactly once: write ahead (W), our key in the content (K), and after an attempt
 * whose end nobody saw, a look before the next (L).
 */
export const sayBy = async (works: Works, turn: Turn, what: Say): Promise<Spoken> => {
  const { box } = works;
  if (turn.suspect) {
    const found = await lookForAny(works, turn, what);
    if (found !== undefined) return found;
  }
  const person = await enter(works, turn, what);
  await box.failpoint("in.before-claim");
  await turn.claim();
  await box.failpoint("in.before-call");
  const sending = sendBy(works, turn, { ...what, person });
  void claimNext(works, turn).catch(() => undefined);
  const spoken = await Promise.race([sending, byEcho(turn)]);
  await box.failpoint("in.after-call");
  return spoken;
};

/** Brings the speaker into the room; the person, where it is they who speak. */
export const enter = async (works: Works, turn: Turn, what: Say): Promise<string | undefined> => {
  const { room, person } = what;
  const { portal } = turn;
  const entering = person !== undefined && { portal, room, person, class: classOf(turn) };
  if (entering && (await works.puppets.canSpeak(entering))) return person;
  await letIn(works, turn, what);
  return undefined;
};

/** The ghost, or the bot, comes into the room; into one in which the chat was before for this once. */
export const letIn = async (
  works: Works,
  turn: Turn,
  { room, as }: Pick<Say, "room" | "as">,
): Promise<void> => {
  if (!(await works.ghosts.isIn(room, as))) await willLeave(works, turn, { room, as });
  await works.ghosts.ensureJoined(room, as, classOf(turn));
};

/** The call; where the person cannot say it, which is certain, their ghost speaks. */
export const sendBy = async (works: Works, turn: Turn, what: Say): Promise<Spoken> => {
  const { room, person, as } = what;
  const { puppets } = works;
  if (person !== undefined) {
    try {
      const event = await put(works, turn, { ...what, as: person });
      if (await isTheirs(works, turn, { ...what, person, event })) {
        puppets.worked(person);
        return { event, as: person };
      }
      await mayComeLate(works, turn, { person, key: what.key ?? turn.item.key });
      await letIn(works, turn, { room, as });
    } catch (error) {
      const key = what.key ?? turn.item.key;
      if (isRefusal(error)) {
        if (turn.suspect) await mayComeLate(works, turn, { person, key });
        await puppets.refused({ portal: turn.portal, room, person, error });
      } else await standIn(works, turn, { person, key, error });
      await letIn(works, turn, { room, as });
    }
  }
  const content = what.instead ?? what.content;
  return { event: await send(works, turn, { ...what, person: undefined, content }), as };
};

/**
 * Whether that is what they just said: a homeserver that is not the box's could name what somebody else
 * did, and all that is done with it later would be done with that. What has not come here yet is believed,
 * because nobody knows the id of an event that is still to come.
 */
const isTheirs = async (
  { box, puppets }: Works,
  turn: Turn,
  { room, person, event, key = turn.item.key }: Say & { person: string; event: string },
): Promise<boolean> => {
  if (!puppets.isAbroad(person)) return true;
  const call = { class: classOf(turn), signal: turn.signal };
  const found = await box.homeserver.getEvent(room, event, call);
  if (found === undefined) return true;
  if (found.sender === person && found.content[keyField] === key) return true;
  box.log.warn("A homeserver said of an event of somebody else that it was the one just sent", {
    room,
    event,
    person,
  });
  return false;
};

const byEcho = async (turn: Turn): Promise<Spoken> => {
  const confirmation = await turn.confirmed;
  if (confirmation.by === "homeserver")
    return { event: confirmation.event, as: confirmation.sender };
  return new Promise(() => undefined);
};

/**
 * Whoever of the two may have said it: it is not known which of them could then. Nor is it known
 * whether the room was upgraded since.
 */
const lookForAny = async (works: Works, turn: Turn, what: Say): Promise<Spoken | undefined> => {
  const call = { class: classOf(turn), signal: turn.signal };
  const before = await predecessorOf(works, what.room, call);
  for (const room of before === undefined ? [what.room] : [what.room, before])
    for (const as of what.person === undefined ? [what.as] : [what.person, what.as]) {
      const event = await look(works, turn, { ...what, room, as });
      if (event !== undefined) return { event, as };
    }
  return what.person === undefined ? lookForPerson(works, turn, { ...what, before }) : undefined;
};

/** A person may have said it who cannot any more: they took back their token, or their account. */
const lookForPerson = async (
  works: Works,
  turn: Turn,
  what: Say & { readonly before: string | undefined },
): Promise<Spoken | undefined> => {
  const { homeserver } = works.box;
  if (what.as === homeserver.bot) return undefined;
  const call = { class: classOf(turn), signal: turn.signal };
  for (const room of what.before === undefined ? [what.room] : [what.room, what.before]) {
    const event = await look(works, turn, { ...what, room, as: undefined });
    const said = event === undefined ? undefined : await homeserver.getEvent(room, event, call);
    if (said) return { event: said.event_id, as: said.sender };
  }
  return undefined;
};

/** What has to be known of an event to find out whether it was sent. */
type Sought = Pick<Say, "room" | "person" | "key"> & {
  /** Absent: a person, whoever it was. */
  readonly as: string | undefined;
};

/**
 * Looks as the speaker, who sees what they sent. One who is not registered or not in the room yet may
 * not look; then the bot does, and if neither may, nothing can have been sent. What a person said the
 * bot looks for.
 */
export const look = async (works: Works, turn: Turn, what: Sought): Promise<string | undefined> => {
  const own = what.as === undefined || what.as === what.person ? [] : [what.as];
  for (const as of new Set([...own, works.box.homeserver.bot])) {
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
  { what, as }: { what: Sought; as: string },
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
  const source = what.as === what.person ? { [puppetField]: "bridgebox" } : {};
  const deadline = deadlineWithin(works.box.settings.deadline.homeserver, turn.signal);
  const sending = works.box.homeserver.send(
    {
      room: what.room,
      type: what.type,
      content: { ...what.content, ...source, [keyField]: key },
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
  await works.box.store.commit((tx) => tx.members.forget(what.room, what.as));
  await letIn(works, turn, what);
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
export const messageKeyOf = (portal: number, remote: string): string =>
  `${messageKeys}${portal}:${remote}`;

/** How every one of them begins. */
export const messageKeys = "msg:";
export const eventKeyOf = (event: string): string => `event:${event}`;
