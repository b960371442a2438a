import { asBridgeError, loginId } from "../../adapter/index.ts";
import type { ChatFeatures, MediaRef } from "../../adapter/index.ts";
import type { MatrixEvent } from "../../matrix/types.ts";
import { bareEmoji } from "../../richtext/index.ts";
import type { Assertion, Lane, MessageRow, Repositories } from "../../store/types.ts";
import { asJson } from "../as-json.ts";
import { queueAssertions, reactionFacts } from "../assertions.ts";
import { outPayload } from "../sent-row.ts";
import { eventKeyOf } from "../to-matrix/send.ts";
import { notBridged } from "../turn.ts";
import type { Handler, Settlement, Turn } from "../turn.ts";
import type { Works } from "../works.ts";
import { contentFor, isSettlement, object } from "./content.ts";
import { sendDraft, sendSaid } from "./message.ts";
import { enterChat, voiceless, voiceOf, voiceOfSent } from "./speaker.ts";
import type { Voice } from "./speaker.ts";

/** What a Matrix reaction says: to which event, with what. */
export interface Reacted {
  readonly about: string;
  readonly key: string;
  readonly shortcode: string | undefined;
}

const longest = 400;

/** The relation of a reaction, where it is a whole one. */
export const reactionOf = (event: MatrixEvent): Reacted | undefined => {
  const relation = object(event.content["m.relates_to"]);
  const { event_id: about, key, rel_type: type } = relation ?? {};
  if (type !== "m.annotation" || typeof about !== "string") return undefined;
  if (typeof key !== "string" || key === "" || key.length > longest) return undefined;
  const code = event.content["shortcode"] ?? event.content["com.beeper.reaction.shortcode"];
  return { about, key, shortcode: typeof code === "string" ? code.slice(0, longest) : undefined };
};

/** How long a reaction waits for the message that it is about to be known here. */
const targetPatience = 10_000;

/** A reaction is a state: told again, it is the same. Its row stands before the call leaves. */
export const reactionToNetwork =
  (works: Works): Handler =>
  async (turn) => {
    const { event } = outPayload(turn.item);
    const said = reactionOf(event);
    if (said === undefined)
      return { ...notBridged("invalid", "it does not say to what it reacts."), quiet: true };
    const { read } = works.box.store;
    const pieces = await read.messages.byEvent(turn.portal.id, said.about);
    const [target] = pieces.filter((row) => row.room === event.room_id);
    if (target === undefined) return unknownTarget(works, turn, said);
    const voice = await voiceOf(works, turn.portal, event.sender);
    if (voice === undefined) return voiceless(works, turn.portal, event.sender);
    if (turn.item.draft) return sendDraft(works, turn, { voice, draft: turn.item.draft });
    const standing = await reactionsTo(read, { ...target, message: target.remote });
    const emoji = emojiOf(standing, said, turn.portal.info?.features);
    const refused = refusal(works, turn, { voice, emoji, standing });
    if (refused && voice.speaker.as === "relay")
      return target.from === "remote"
        ? inWords(works, turn, { voice, said })
        : { ...refused, quiet: true };
    if (refused) return refused;
    return react(works, turn, { voice, emoji, said, target });
  };

/**
 * Where the relay cannot react for somebody, the author of the message is told by a line that answers
 * it. Reactions to what was said on other networks are not for that one.
 */
const inWords = async (
  works: Works,
  turn: Turn,
  { voice, said }: { voice: Voice; said: Reacted },
): Promise<Settlement> => {
  const { event } = outPayload(turn.item);
  const shown = said.key.startsWith("mxc://") ? (said.shortcode ?? "a picture") : said.key;
  const body = {
    msgtype: "m.emote",
    body: `reacted with ${shown}`,
    "m.relates_to": { "m.in_reply_to": { event_id: said.about } },
  };
  const line = { ...event, type: "m.room.message", content: body };
  const content = await contentFor(works, turn.portal, { event: line, body, voice });
  return isSettlement(content) ? content : sendSaid(works, turn, { voice, said: content });
};

const unknownTarget = async (works: Works, turn: Turn, { about }: Reacted): Promise<Settlement> => {
  const onItsWay = async (tx: Repositories): Promise<boolean> => {
    if ((await tx.messages.byEvent(turn.portal.id, about)).length > 0) return false;
    const inLane = { portal: turn.portal.id, direction: "in" } as const;
    return (await tx.items.head(inLane))?.state === "trying";
  };
  if (turn.item.waitKey === undefined && (await onItsWay(works.box.store.read))) {
    const until = works.box.clock.now() + targetPatience;
    return { end: "parked", key: eventKeyOf(about), until, still: onItsWay };
  }
  const unknown = notBridged("not_found", "the message it is about is not known there.");
  return { ...unknown, quiet: true };
};

/** Of the whole message: networks do not tell its pieces apart. */
const reactionsTo = async (
  tx: Repositories,
  { portal, message }: Pick<Assertion, "portal" | "message">,
): Promise<readonly Assertion[]> =>
  (await tx.assertions.of(portal, message)).filter(
    (row) => row.kind === "reaction" && row.value !== null,
  );

/** What the network calls it. */
interface Emoji {
  readonly name: string;
  readonly emoji: string;
  readonly custom: MediaRef | undefined;
}

/** A picture that somebody there reacted with already is known; another is the sender's own. */
const emojiOf = (
  standing: readonly Assertion[],
  { key, shortcode }: Reacted,
  features: ChatFeatures | undefined,
): Emoji => {
  const known = standing.find((row) => {
    const facts = reactionFacts(row);
    return facts.custom !== undefined && facts.key === key;
  });
  if (known !== undefined) {
    const custom = reactionFacts(known).custom;
    return { name: known.name, emoji: known.name, custom };
  }
  const word = shortcode?.replaceAll(":", "") || "custom";
  if (key.startsWith("mxc://"))
    return { name: word, emoji: word, custom: { locator: { mxc: key }, name: word } };
  return { name: bareEmoji(key), emoji: spelt(key, features), custom: undefined };
};

/** As the network lists it, where it has a list. */
const spelt = (key: string, features: ChatFeatures | undefined): string =>
  features?.reactions?.allowed?.find((one) => bareEmoji(one) === bareEmoji(key)) ?? key;

interface Judged {
  readonly voice: Voice;
  readonly emoji: Emoji;
  readonly standing: readonly Assertion[];
}

const refusal = (
  works: Works,
  turn: Turn,
  { voice, emoji, standing }: Judged,
): ReturnType<typeof notBridged> | undefined => {
  const { row } = voice.login;
  const features = turn.portal.info?.features;
  if (!works.box.connections.can(row.id, "react") || features?.can.includes("react") === false)
    return { ...notBridged("unsupported", "there are no reactions in this chat."), quiet: true };
  const limits = features?.reactions;
  if (emoji.custom !== undefined && limits?.custom !== true)
    return notBridged("unsupported", "it takes emoji only, no pictures.");
  const { allowed } = limits ?? {};
  if (allowed && emoji.custom === undefined && !allowed.includes(emoji.emoji))
    return notBridged("forbidden", `${emoji.emoji} is not among the reactions of this chat.`);
  const own = new Set(standing.filter(({ user }) => user === row.user).map(({ name }) => name));
  if (limits && !own.has(emoji.name) && own.size >= limits.perUser)
    return notBridged(
      "forbidden",
      `one person may react ${limits.perUser === 1 ? "once" : `${limits.perUser} times`} to a message there. Take the other reaction back first.`,
    );
  return undefined;
};

interface Reacting {
  readonly voice: Voice;
  readonly emoji: Emoji;
  readonly said: Reacted;
  readonly target: MessageRow;
}

const react = async (
  works: Works,
  turn: Turn,
  { voice, emoji, said, target }: Reacting,
): Promise<Settlement> => {
  const { box } = works;
  const { event } = outPayload(turn.item);
  await enterChat(works, turn.portal, voice.login, turn.signal);
  const { custom } = emoji;
  const row: Omit<Assertion, "seq"> = {
    portal: turn.portal.id,
    message: target.remote,
    part: target.part,
    kind: "reaction",
    user: voice.login.row.user,
    name: emoji.name,
    by: event.sender,
    value: asJson({ key: said.key, login: voice.login.row.id, custom }),
    event: event.event_id,
    room: event.room_id,
    dirty: false,
    at: box.clock.now(),
  };
  await box.failpoint("out.before-claim");
  await turn.claim();
  await box.store.commit((tx) => tx.assertions.put(row));
  await box.failpoint("out.before-call");
  try {
    await callReact(works, turn, { voice, row, emoji: emoji.emoji, on: true });
  } catch (error) {
    const { code, reached, message } = asBridgeError(error);
    if (reached === "no") await box.store.commit((tx) => undo(tx, row));
    // Asked again about what may have arrived, the network cannot tell either.
    if (code === "doubtful" && reached === "unknown" && turn.suspect)
      return { end: "doubtful", code, sentence: message };
    throw error;
  }
  await box.failpoint("out.after-call");
  return { end: "delivered", write: (tx) => tx.assertions.put({ ...row, at: box.clock.now() }) };
};

/** It certainly was not done. */
const undo = async (tx: Repositories, row: Omit<Assertion, "seq">): Promise<void> => {
  for (const one of await tx.assertions.byEvent(row.portal, row.event ?? ""))
    await tx.assertions.remove(one.seq);
};

const callReact = async (
  works: Works,
  turn: Turn,
  what: {
    readonly voice: Voice;
    readonly row: Pick<Assertion, "message" | "value">;
    readonly emoji: string;
    readonly on: boolean;
  },
): Promise<void> => {
  const { voice, row, emoji, on } = what;
  const { connections, settings } = works.box;
  const signal = AbortSignal.any([turn.signal, AbortSignal.timeout(settings.deadline.network)]);
  const custom = reactionFacts(row).custom;
  const reaction = { id: row.message, emoji, on, ...(custom === undefined ? {} : { custom }) };
  const { id } = voice.login.row;
  await connections.call(id, "react", turn.portal.chat, reaction, voice.speaker, signal);
};

/** The redaction of a reaction takes it back on the network, unless somebody else's is the same there. */
export const reactionTakenBack = async (
  works: Works,
  turn: Turn,
  event: string,
): Promise<Settlement | undefined> => {
  const { box } = works;
  const [row] = await box.store.read.assertions.byEvent(turn.portal.id, event);
  if (row === undefined || row.kind !== "reaction") return undefined;
  const own = row.by === undefined ? await voiceOfReaction(works, turn, row) : undefined;
  if (row.by === undefined && own === undefined) {
    const why = "what people there react with can be taken back only by themselves.";
    return { ...notBridged("forbidden", why), quiet: true };
  }
  const { login } = reactionFacts(row);
  const sender = row.by ?? outPayload(turn.item).event.sender;
  const madeBy = {
    sender,
    login: login === undefined ? undefined : loginId(login),
    takeBack: true,
  };
  const voice = own ?? (await voiceOfSent(works, turn.portal, madeBy));
  if (voice === undefined) return voiceless(works, turn.portal, sender);
  const write = (tx: Repositories): Promise<void> => tx.assertions.remove(row.seq);
  const done = { end: "delivered", write } as const;
  await box.failpoint("out.before-claim");
  await turn.claim();
  const at = box.clock.now();
  await box.store.commit((tx) => tx.assertions.put({ ...row, value: null, dirty: false, at }));
  const standing = await reactionsTo(box.store.read, row);
  const same = standing.filter(({ user, name }) => user === row.user && name === row.name);
  if (same.some(({ by }) => by !== undefined)) return done;
  const { custom, key = row.name } = reactionFacts(row);
  const emoji = custom === undefined ? spelt(key, turn.portal.info?.features) : row.name;
  await enterChat(works, turn.portal, voice.login, turn.signal);
  await box.failpoint("out.before-call");
  await callReact(works, turn, { voice, row, emoji, on: false });
  await box.failpoint("out.after-call");
  return { ...done, queue: (tx) => takeOut(works, tx, same) };
};

/** A list that came between two attempts told of it as the account's own: it is gone with it. */
const takeOut = async (
  works: Works,
  tx: Repositories,
  told: readonly Assertion[],
): Promise<readonly Lane[]> => {
  for (const row of told) await tx.assertions.put({ ...row, value: null, dirty: true });
  const [{ portal, message } = {}] = told;
  if (portal === undefined || message === undefined) return [];
  return [await queueAssertions(works, tx, { portal, kind: "reaction", message })];
};

/** A reaction by the account of whoever takes it back: shown as theirs, though the network told of it. */
const voiceOfReaction = async (
  works: Works,
  turn: Turn,
  { user }: Assertion,
): Promise<Voice | undefined> => {
  const { sender } = outPayload(turn.item).event;
  if (!(await works.puppets.canBe(works.box.store.read, sender))) return undefined;
  const voice = await voiceOf(works, turn.portal, sender);
  return voice?.speaker.as === "self" && voice.login.row.user === user ? voice : undefined;
};
