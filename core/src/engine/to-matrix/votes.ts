import type { Json } from "../../adapter/index.ts";
import type { JsonObject } from "../../matrix/types.ts";
import type { Assertion } from "../../store/types.ts";
import type { Shower, Showing, Tally, Vote, Whereabouts } from "../assertions.ts";
import { asJson } from "../as-json.ts";
import { pollOf } from "../poll.ts";
import type { Turn } from "../turn.ts";
import type { Works } from "../works.ts";
import { replacing } from "./edit.ts";
import { placeContent } from "./place.ts";
import { pollEnd, pollResponse, pollTypes } from "./poll.ts";
import { say } from "./send.ts";

/** Between two edits of the event that shows something that changes all the time. */
const pause = { tally: 5000, place: 20_000 };

/** K of what shows a row as it is now: another value is another event. */
const keyOf = ({ box }: Works, row: Assertion): string =>
  box.keyOf(row.portal, `${row.kind}:${row.seq}:${row.at}`, JSON.stringify(row.value));

/** A remote vote is its ghost's response; the newest of them counts. */
export const voteInRoom: Shower = async (works, turn, { row, target }) => {
  if (row.user === "" || row.value === null) return { event: row.event };
  const ghost = await works.ghosts.ensure(turn.portal.network, row.user);
  const { options } = row.value as unknown as Vote;
  const poll = await pollOf(works, target);
  const event = await say(works, turn, {
    room: target.room,
    as: ghost.mxid,
    type: pollTypes.response,
    content: pollResponse(target.event, poll?.answersFor(options) ?? options),
    key: keyOf(works, row),
  });
  return { event };
};

/** A poll that is over there is over here: ended by whoever began it, else by the bot. */
export const closedInRoom: Shower = async (works, turn, { row, target }) => {
  const event = await say(works, turn, {
    room: target.room,
    as:
      target.from === "remote" && works.isInNamespace(target.sender)
        ? target.sender
        : works.box.homeserver.bot,
    type: pollTypes.end,
    content: pollEnd(target.event),
    key: keyOf(works, row),
  });
  return { event };
};

/** Numbers without voters: one notice of the bot's, which changes with them. */
export const tallyInRoom: Shower = async (works, turn, showing) => {
  const { row, target } = showing;
  const told = row.value as unknown as Tally;
  const now = works.box.clock.now();
  const due = (told.shownAt ?? 0) + pause.tally;
  if (!told.closed && row.event !== undefined && now < due) return { later: due };
  const poll = await pollOf(works, target);
  const body = tallyText(told, (id) => poll?.textOf(id) ?? id);
  const content = { msgtype: "m.notice", body, "m.mentions": {} };
  const shown = await change(works, turn, showing, {
    as: works.box.homeserver.bot,
    event: row.event,
    content,
    first: { "m.relates_to": { "m.in_reply_to": { event_id: target.event } } },
  });
  return { event: row.event ?? shown, value: asJson({ ...told, shownAt: now }) };
};

const tallyText = ({ tally, closed }: Tally, name: (id: string) => string): string => {
  const lines = Object.entries(tally)
    .toSorted(([, a], [, b]) => b - a)
    .map(([id, count]) => `${name(id)}: ${count}`);
  return [closed ? "Final result" : "So far", ...lines].join("\n");
};

/** Somebody who moves: the event that showed where they were first is edited, now and then. */
export const placeInRoom: Shower = async (works, turn, showing) => {
  const { row, target } = showing;
  const told = row.value as unknown as Whereabouts;
  if (target.from !== "remote" || !works.isInNamespace(target.sender)) return { event: row.event };
  const now = works.box.clock.now();
  const due = (told.shownAt ?? target.at) + pause.place;
  if (now < due && now < told.until) return { later: Math.min(due, told.until) };
  const { lat, lon, until } = told;
  await change(works, turn, showing, {
    as: target.sender,
    event: target.event,
    content: placeContent({ lat, lon, live: { until } }),
  });
  return { event: target.event, value: asJson({ ...told, shownAt: now }) };
};

/** Says it, or changes what said it. */
const change = (
  works: Works,
  turn: Turn,
  { row, target }: Showing,
  what: {
    readonly as: string;
    readonly event: string | undefined;
    readonly content: { readonly [key: string]: Json };
    readonly first?: JsonObject;
  },
): Promise<string> => {
  const { as, event, content, first = {} } = what;
  return say(works, turn, {
    room: target.room,
    as,
    type: "m.room.message",
    content: event === undefined ? { ...content, ...first } : replacing(event, content),
    key: keyOf(works, row),
  });
};
