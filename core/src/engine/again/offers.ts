import { MatrixError } from "../../matrix/types.ts";
import type { Lane, NewItem, Outcome, Portal, Repositories } from "../../store/types.ts";
import type { Box } from "../box.ts";
import { isRefusal } from "../refusal.ts";
import { look, say } from "../to-matrix/send.ts";
import type { Handler, Settlement, Turn } from "../turn.ts";
import type { Works } from "../works.ts";
import { marks } from "./worth.ts";
import type { Answer } from "./worth.ts";

/** One reaction of the bot to its own line that comes or goes. */
interface Offer {
  readonly about: string;
  readonly answer: Answer;
  readonly on: boolean;
}

const originOf = (about: string): string => `offer:${about}`;

/** What people are to be offered for an event now. */
const wanted = async (tx: Repositories, outcome: Outcome): Promise<readonly Answer[]> => {
  const rows = await tx.retriables.of(outcome.origin, outcome.portal);
  if (rows.length === 0 || outcome.notice === undefined) return [];
  return rows.every(({ doubtful }) => doubtful) ? ["again", "arrived"] : ["again"];
};

const nextOf = (
  { offers = {} }: Outcome,
  want: readonly Answer[],
): Omit<Offer, "about"> | undefined => {
  const missing = want.find((answer) => offers[answer] === undefined);
  if (missing !== undefined) return { answer: missing, on: true };
  const all = ["again", "arrived"] as const;
  const surplus = all.find((answer) => offers[answer] !== undefined && !want.includes(answer));
  return surplus && { answer: surplus, on: false };
};

/**
 * In the caller's commit: the next step towards what is to be offered, one at a time for each event.
 * Each step looks again when it ends.
 */
export const queueOffers = async (
  box: Box,
  tx: Repositories,
  { id, room }: Portal,
  about: string,
): Promise<readonly Lane[]> => {
  const outcome = await tx.outcomes.get(about, id);
  const origin = originOf(about);
  if (outcome === undefined || room === undefined) return [];
  const waiting = await tx.items.ofOrigin(origin);
  if (waiting.some(({ lane: { portal } }) => portal === id)) return [];
  const next = nextOf(outcome, await wanted(tx, outcome));
  if (next === undefined) return [];
  const at = box.clock.now();
  const lane: Lane = { portal: id, direction: "in" };
  const step = `${outcome.notice ?? ""}:${next.answer}:${next.on}:${at}`;
  const payload = { about, ...next } satisfies Offer;
  const key = box.keyOf(id, origin, step);
  const item: NewItem = { lane, rank: 1, origin, kind: "offer", payload, at, key };
  await tx.items.add(item);
  return [lane];
};

/** The bot reacts to its own line with what people may answer, or takes that back. */
export const offerToMatrix =
  (works: Works): Handler =>
  async (turn) => {
    const offer = turn.item.payload as unknown as Offer;
    const { read } = works.box.store;
    const outcome = await read.outcomes.get(offer.about, turn.portal.id);
    const { room } = turn.portal;
    if (room === undefined || outcome === undefined) return { end: "dropped" };
    const made = { room, outcome, offer };
    return offer.on ? put(works, turn, made) : takeBack(works, turn, made);
  };

interface Made {
  readonly room: string;
  readonly outcome: Outcome;
  readonly offer: Offer;
}

const put = async (works: Works, turn: Turn, made: Made): Promise<Settlement> => {
  const { room, outcome, offer } = made;
  const as = works.box.homeserver.bot;
  const want = await wanted(works.box.store.read, outcome);
  const due = want.includes(offer.answer) && outcome.offers?.[offer.answer] === undefined;
  const relation = {
    rel_type: "m.annotation",
    event_id: outcome.notice ?? "",
    key: marks[offer.answer],
  };
  const content = { "m.relates_to": relation };
  const found = turn.suspect ? await look(works, turn, { room, as }) : undefined;
  const event =
    found ??
    (due
      ? await say(works, turn, { room, as, type: "m.reaction", content }).catch(unlessThere)
      : undefined);
  return after(works, turn, { offer, event });
};

/** Somebody else of ours reacted so already: it is there. */
const unlessThere = (error: unknown): undefined => {
  if (!(error instanceof MatrixError) || error.errcode !== "M_DUPLICATE_ANNOTATION") throw error;
};

const takeBack = async (
  works: Works,
  turn: Turn,
  { room, outcome, offer }: Made,
): Promise<Settlement> => {
  const event = outcome.offers?.[offer.answer];
  if (event !== undefined) await redact(works, turn, { room, event });
  return after(works, turn, { offer, event: undefined });
};

const after = (
  works: Works,
  { portal }: Turn,
  { offer, event }: { readonly offer: Offer; readonly event: string | undefined },
): Settlement => {
  const { about, answer, on } = offer;
  return {
    end: "delivered",
    write: async (tx) => {
      const { offers = {} } = (await tx.outcomes.get(about, portal.id)) ?? {};
      const { [answer]: _, ...rest } = offers;
      if (!on) await tx.outcomes.setOffers(about, portal.id, rest);
      else if (event !== undefined)
        await tx.outcomes.setOffers(about, portal.id, { ...rest, [answer]: event });
    },
    queue: (tx) => (on && event === undefined ? none : queueOffers(works.box, tx, portal, about)),
  };
};

const none: Promise<readonly Lane[]> = Promise.resolve([]);

/** Takes an event out of the room. What we may not take out, or is gone, stays as it is. */
export const redact = async (
  works: Works,
  turn: Turn,
  { room, event }: { readonly room: string; readonly event: string },
): Promise<void> => {
  const txn = works.box.keyOf(turn.portal.id, `redact:${event}`, "");
  const call = { class: "live", signal: turn.signal } as const;
  try {
    await works.box.homeserver.redact({ room, event, txn, reason: "answered" }, call);
  } catch (error) {
    const gone = error instanceof MatrixError && error.status === 404;
    if (!gone && !isRefusal(error)) throw error;
  }
};
