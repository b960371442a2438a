import type { Draft, Json } from "../../adapter/index.ts";
import { toPlain } from "../../richtext/index.ts";
import type { Lane, NewItem, Repositories } from "../../store/types.ts";
import { messageKeyOf, eventKeyOf } from "../to-matrix/send.ts";
import { wordsIn } from "../own-words.ts";
import { queueExpiry } from "../expiry.ts";
import { outPayload, sentRow } from "../sent-row.ts";
import { noteRelayed } from "../onboard.ts";
import { notBridged } from "../turn.ts";
import type { Handler, Settlement, Turn } from "../turn.ts";
import type { Works } from "../works.ts";
import { contentFor, isSettlement, repliedTo } from "./content.ts";
import type { Said } from "./attribute.ts";
import { threadOf } from "./relations.ts";
import { perform } from "./send.ts";
import { voiceless, voiceOf } from "./speaker.ts";
import type { Voice } from "./speaker.ts";

/** How long an answer waits for the message it answers to be known here. */
const targetPatience = 10_000;

/** A Matrix message becomes one call per draft. */
export const messageToNetwork =
  (works: Works): Handler =>
  async (turn) => {
    const { event } = outPayload(turn.item);
    const voice = await voiceOf(works, turn.portal, event.sender);
    if (!voice) return voiceless(works, turn.portal, event.sender);
    if (isEcho(works, turn, voice)) return { ...notBridged("cancelled", echoed), quiet: true };
    if (turn.item.draft) return sendDraft(works, turn, { voice, draft: turn.item.draft });
    if (await targetOnItsWay(works.box.store.read, turn))
      return {
        end: "parked",
        key: eventKeyOf(repliedTo(event) ?? ""),
        until: works.box.clock.now() + targetPatience,
        still: (tx) => targetOnItsWay(tx, turn),
      };
    const said = await contentFor(works, turn.portal, { event, body: event.content, voice });
    return isSettlement(said) ? said : sendSaid(works, turn, { voice, said });
  };

/** As many messages as the network makes of it, with the Matrix event as what they show. */
export const sendSaid = async (
  works: Works,
  turn: Turn,
  { voice, said }: { voice: Voice; said: Said },
): Promise<Settlement> => {
  const drafts = await draftsOf(works, turn, { voice, said });
  const [draft, ...more] = drafts;
  if (draft === undefined)
    return notBridged("unsupported", "there is nothing in it that can be shown there.");
  remember(works, turn, said);
  if (more.length > 0) return { end: "expanded", into: pieces(works, turn, drafts) };
  return sendDraft(works, turn, { voice, draft });
};

/** As a whole and line by line: a network may show it as either. */
const remember = (works: Works, turn: Turn, { content, lead }: Said): void => {
  if (lead === undefined) return;
  for (const part of content.parts) {
    const text = part.kind === "text" ? toPlain(part.text) : "";
    for (const line of [text, ...text.split("\n")])
      if (line.startsWith(lead)) works.echoes.note(turn.portal.id, line);
  }
};

const echoed = "this box said it there itself; another bridge in this room brought it back.";

const isEcho = (works: Works, turn: Turn, { login, speaker }: Voice): boolean => {
  const { event } = outPayload(turn.item);
  const { body } = event.content;
  if (speaker.as === "self" || typeof body !== "string") return false;
  return works.echoes.isOurs(turn.portal.id, body, [login.row.name]);
};

/** One of them. */
export const sendDraft = async (
  works: Works,
  turn: Turn,
  { voice, draft }: { voice: Voice; draft: Draft },
): Promise<Settlement> => {
  const ended = await perform(works, turn, {
    voice,
    draft,
    call: (order, attempt) =>
      works.box.connections.call(voice.login.row.id, "send", order, attempt),
  });
  if ("settlement" in ended) return ended.settlement;
  const sent = sentRow({ ...turn.item, draft }, turn.portal, ended.sent);
  const row = {
    ...sent,
    ...(sent.thread === undefined && {
      thread: await threadOf(works, turn.portal, outPayload(turn.item).event),
    }),
    login: voice.login.row.id,
  };
  return {
    end: "delivered",
    write: async (tx) => {
      await tx.messages.add(row);
      const { info } = turn.portal;
      const { remote, at } = row;
      await queueExpiry(works, tx, { portal: turn.portal, remote, at, expires: info?.expires });
    },
    queue: (tx) => tellRelayed(works, tx, { turn, voice }),
    wakes: [messageKeyOf(turn.portal.id, ended.sent.id)],
  };
};

/** Whoever is relayed for the first time hears how to speak as themselves; people of networks do not. */
const tellRelayed = async (
  works: Works,
  tx: Repositories,
  { turn, voice }: { turn: Turn; voice: Voice },
): Promise<readonly Lane[]> => {
  const { sender: user } = outPayload(turn.item).event;
  if (voice.speaker.as === "self" || works.isInNamespace(user)) return [];
  return noteRelayed(works, tx, { user, network: turn.portal.network });
};

/** The connection's own plan, or one draft per part. */
export const draftsOf = async (
  works: Works,
  turn: Turn,
  { voice, said: { content, lead } }: { voice: Voice; said: Said },
): Promise<readonly Draft[]> => {
  const { connections } = works.box;
  if (connections.can(voice.login.row.id, "plan")) {
    return connections.call(voice.login.row.id, "plan", {
      chat: turn.portal.chat,
      speaker: voice.speaker,
      content,
      at: turn.item.at,
      ...(lead === undefined ? {} : { lead }),
    });
  }
  return content.parts.map((part) => ({
    part: part.id,
    body: JSON.parse(JSON.stringify(part)) as Json,
    plain: wordsIn(part),
    ...(part.kind === "media" ? { media: [part.media] } : {}),
  }));
};

/** One item for each draft, in order, in the place of the one that they are of. */
export const pieces = (works: Works, turn: Turn, drafts: readonly Draft[]): readonly NewItem[] =>
  drafts.map((draft, sub) => ({
    lane: turn.item.lane,
    rank: turn.item.rank,
    origin: turn.item.origin,
    kind: turn.item.kind,
    payload: turn.item.payload,
    at: turn.item.at,
    sub,
    draft,
    key: works.box.keyOf(turn.portal.id, turn.item.origin, `${sub}:${draft.part}`),
  }));

/** An answer to an event that is ours and not settled yet waits for its map entry. */
const targetOnItsWay = async (store: Repositories, turn: Turn): Promise<boolean> => {
  const { event } = outPayload(turn.item);
  const id = repliedTo(event);
  if (id === undefined || turn.item.waitKey !== undefined) return false;
  if ((await store.messages.byEvent(turn.portal.id, id)).length > 0) return false;
  const inLane = { portal: turn.portal.id, direction: "in" } as const;
  return (await store.items.head(inLane))?.state === "trying";
};
