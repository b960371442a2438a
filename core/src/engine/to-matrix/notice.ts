import type { GapEvent, GoneEvent, LogEvent, RichText } from "../../adapter/index.ts";
import { cleanName, fromPlain } from "../../richtext/index.ts";
import { queueOffers } from "../again/offers.ts";
import type { Handler, Settlement, Turn } from "../turn.ts";
import { endedLine } from "../late.ts";
import { endSentence } from "../sentences.ts";
import type { Said } from "../late.ts";
import type { JsonObject } from "../../matrix/types.ts";
import type { Opened } from "../opened.ts";
import type { Repositories } from "../../store/types.ts";
import type { Works } from "../works.ts";
import { isMuted } from "../mute.ts";
import { contentOf } from "./content.ts";
import { firstPart } from "../../adapter/index.ts";
import { look, say } from "./send.ts";

/** A line that the bot says in the portal's room. */
export const botSays = async (
  works: Works,
  turn: Turn,
  {
    text,
    about,
    instead,
  }: { text: RichText; about?: string | undefined; instead?: string | undefined },
): Promise<string | undefined> => {
  if (turn.portal.room === undefined) return undefined;
  const { content } = await contentOf(works, turn.portal, {
    id: firstPart,
    kind: "text",
    text,
    tone: "notice",
  });
  const relation =
    about === undefined ? {} : { "m.relates_to": { "m.in_reply_to": { event_id: about } } };
  return say(works, turn, {
    room: turn.portal.room,
    as: works.box.homeserver.bot,
    type: "m.room.message",
    content: instead === undefined ? { ...content, ...relation } : edited(content, instead),
  });
};

/** Other words for a line of the bot (spec: Client-Server API, "Event replacements"). */
const edited = (content: JsonObject, event: string): JsonObject => ({
  ...content,
  body: `* ${typeof content["body"] === "string" ? content["body"] : ""}`,
  "m.new_content": content,
  "m.relates_to": { rel_type: "m.replace", event_id: event },
});

/** A service message of the network, without another meaning. */
export const noticeToMatrix =
  (works: Works): Handler =>
  async (turn) => {
    const event = turn.item.payload as unknown as Extract<LogEvent, { kind: "notice" }>;
    await botSays(works, turn, { text: event.text });
    return { end: "delivered" };
  };

const callText = ({ state, link }: Extract<LogEvent, { kind: "call" }>, who: string): string => {
  if (state === "ended") return `The call of ${who} has ended.`;
  if (state === "missed") return `A call of ${who} was missed.`;
  const where = link === undefined ? ". Take it on the network itself." : `: ${link}`;
  return `${who} is calling. This call cannot be taken here${where}`;
};

export const callToMatrix =
  (works: Works): Handler =>
  async (turn) => {
    const event = turn.item.payload as unknown as Extract<LogEvent, { kind: "call" }>;
    const { user, name } = await works.ghosts.get(turn.portal.network, event.sender);
    const text = callText(event, cleanName(name ?? user) || "Somebody");
    await botSays(works, turn, { text: fromPlain(text) });
    return { end: "delivered" };
  };

/** Whether the room's people want to hear nothing of what did not arrive. */
const isQuiet = async ({ box }: Works, { portal: { room } }: Turn): Promise<boolean> =>
  room !== undefined && (await isMuted(box.store.read, { room }));

/** A line that stands in the room is put right there whoever wants to hear nothing more. */
const hasLine = async (
  { box }: Works,
  { portal }: Turn,
  { instead, about }: Said,
): Promise<boolean> =>
  instead !== undefined ||
  (about !== null && (await box.store.read.outcomes.get(about, portal.id))?.notice !== undefined);

/** What became of a message, told in the room. */
export const statusToMatrix =
  (works: Works): Handler =>
  async (turn) => {
    const said = turn.item.payload as unknown as Said;
    const about = said.about ?? undefined;
    const { late } = said;
    const line = { text: fromPlain(said.text), about, instead: said.instead };
    if (!(await hasLine(works, turn, said)) && (await isQuiet(works, turn)))
      return { end: "dropped" };
    if (about === undefined) {
      await botSays(works, turn, line);
      return { end: "delivered" };
    }
    if (late === undefined) return sayOutcome(works, turn, { ...line, about });
    const due = await isUnderWay(works.box.store.read, turn, about);
    const event = due ? await botSays(works, turn, line) : await saidBefore(works, turn);
    if (event === undefined) return { end: "dropped" };
    const { id } = turn.portal;
    return {
      end: "delivered",
      write: (tx) => tx.outcomes.setNotice(about, id, event),
      queue: async (tx) => {
        const outcome = await tx.outcomes.get(about, id);
        if (outcome === undefined || outcome.state === "retrying") return [];
        const sentence = endSentence(turn.portal.network, late.kind, outcome);
        const ended = { outcome, notice: event, sentence, since: late.since };
        await takeBack(tx, turn, about);
        await tx.items.add(endedLine(works.box, turn.portal, ended));
        return [turn.item.lane];
      },
    };
  };

/** One line for what became of an event, changed as that changes, with what people may answer to it. */
const sayOutcome = async (
  works: Works,
  turn: Turn,
  line: { readonly text: RichText; readonly about: string; readonly instead: string | undefined },
): Promise<Settlement> => {
  const { about, text } = line;
  const { id } = turn.portal;
  const known = (await works.box.store.read.outcomes.get(about, id))?.notice;
  const instead = line.instead ?? known;
  const event = await botSays(works, turn, { text, about, instead });
  return {
    end: "delivered",
    write: async (tx) => {
      if (instead === undefined && event !== undefined)
        await tx.outcomes.setNotice(about, id, event);
    },
    queue: (tx) => queueOffers(works.box, tx, turn.portal, about),
  };
};

/** What was to be said of it in a line of its own is said where it was told that it waits. */
const takeBack = async (tx: Repositories, { item }: Turn, about: string): Promise<void> => {
  for (const other of await tx.items.heads(item.lane, mostBehind)) {
    if (other.id === item.id || other.kind !== "status" || other.state === "trying") continue;
    if ((other.payload as unknown as Said).about === about) await tx.items.done(other.id);
  }
};

/** Farther behind nothing stands that came within one call. */
const mostBehind = 100;

/** The line that the last attempt may have left in the room: it has to be put right there. */
const saidBefore = async (works: Works, turn: Turn): Promise<string | undefined> => {
  const { room } = turn.portal;
  if (!turn.suspect || room === undefined) return undefined;
  return look(works, turn, { room, as: works.box.homeserver.bot });
};

const isUnderWay = async (
  { outcomes }: Pick<Repositories, "outcomes">,
  { portal }: Turn,
  about: string,
): Promise<boolean> => (await outcomes.get(about, portal.id))?.state === "retrying";

const time = (at: number): string => new Date(at).toISOString().slice(0, 19).replace("T", " ");

/** What leads to a room, called so. */
export const linkTo = (
  { box }: Works,
  { room, name }: { readonly room: string; readonly name: string },
) => {
  const via = encodeURIComponent(box.homeserver.domain);
  const url = `https://matrix.to/#/${encodeURIComponent(room)}?via=${via}`;
  return { t: "link", url, of: [{ t: "text", text: cleanName(name) || room }] } as const;
};

/** Where a thread or a topic of this chat goes on, under the message that it began with. */
export const openedToMatrix =
  (works: Works): Handler =>
  async (turn) => {
    const { room, name, root } = turn.item.payload as unknown as Opened;
    const rows =
      root === undefined ? [] : await works.box.store.read.messages.byRemote(turn.portal.id, root);
    const about = rows.find((row) => row.room === turn.portal.room)?.event;
    const link = linkTo(works, { room, name });
    const of = [{ t: "text", text: "This goes on in " }, link, { t: "text", text: "." }] as const;
    await botSays(works, turn, { text: [{ t: "para", of }], about });
    return { end: "delivered" };
  };

/** History that is missing here is marked where it is missing. */
export const gapToMatrix =
  (works: Works): Handler =>
  async (turn) => {
    const event = turn.item.payload as unknown as GapEvent;
    const since = event.since === undefined ? "" : ` between ${time(event.since)}`;
    const until = `${event.since === undefined ? " before" : " and"} ${time(event.at)} UTC`;
    if (await isQuiet(works, turn)) return { end: "dropped" };
    await botSays(works, turn, {
      text: fromPlain(`What was said${since}${until} may be missing here: we did not hear it.`),
    });
    return { end: "delivered" };
  };

const whys: Readonly<Record<GoneEvent["why"], string>> = {
  deleted: "The chat was deleted there.",
  left: "We left the chat there.",
  kicked: "We were removed from the chat there.",
  forbidden: "We are not allowed into the chat there.",
};

export const goneToMatrix =
  (works: Works): Handler =>
  async (turn) => {
    const event = turn.item.payload as unknown as GoneEvent;
    const reason = event.reason === undefined ? "" : ` Reason: ${event.reason}`;
    await botSays(works, turn, {
      text: fromPlain(`${whys[event.why]} Messages do not pass until we are back.${reason}`),
    });
    return { end: "delivered" };
  };
