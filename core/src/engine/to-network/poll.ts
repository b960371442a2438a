import { asBridgeError } from "../../adapter/index.ts";
import type { Assertion, MessageRow, Repositories } from "../../store/types.ts";
import { asJson } from "../as-json.ts";
import { pollAbout, pollOf, readVote } from "../poll.ts";
import { outPayload } from "../sent-row.ts";
import { notBridged } from "../turn.ts";
import type { Handler, Settlement, Turn } from "../turn.ts";
import type { Works } from "../works.ts";
import { enterChat, voiceOf, voiceOfSent } from "./speaker.ts";
import type { Voice } from "./speaker.ts";

const quietly = (sentence: string): Settlement => ({
  ...notBridged("not_found", sentence),
  quiet: true,
});

/** The piece of the poll that the event is about, as this network has it. */
const targetOf = async (works: Works, turn: Turn): Promise<MessageRow | undefined> => {
  const { event } = outPayload(turn.item);
  const id = pollAbout(event);
  if (id === undefined) return undefined;
  const rows = await works.box.store.read.messages.byEvent(turn.portal.id, id);
  return rows.find((row) => row.room === event.room_id);
};

const noAccount = "each account votes once there, and you have none. Log in to vote.";

const canClose = (works: Works, turn: Turn, voice: Voice): boolean =>
  works.box.connections.can(voice.login.row.id, "closePoll") &&
  turn.portal.info?.features.can.includes("closePoll") !== false;

const deadline = (works: Works, turn: Turn): AbortSignal =>
  AbortSignal.any([turn.signal, AbortSignal.timeout(works.box.settings.deadline.network)]);

/** A vote is a state: told again, it is the same. Its row stands before the call leaves. */
export const voteToNetwork =
  (works: Works): Handler =>
  async (turn) => {
    const { box } = works;
    const { event } = outPayload(turn.item);
    const target = await targetOf(works, turn);
    if (target === undefined) return quietly("the poll is not known there.");
    const voice = await voiceOf(works, turn.portal, event.sender);
    if (voice === undefined || voice.speaker.as === "relay")
      return { ...notBridged("forbidden", noAccount), quiet: works.isInNamespace(event.sender) };
    // Of the voter's own login: what the chat says it can do is what another login may do in it.
    if (!box.connections.can(voice.login.row.id, "vote"))
      return quietly("nobody can vote in this chat.");
    const poll = await pollOf(works, target);
    if (poll === undefined) return quietly("the poll is not there any more.");
    const options = poll.optionsFor(readVote(event.content)).slice(0, poll.max);
    await enterChat(works, turn.portal, voice.login, turn.signal);
    const row: Omit<Assertion, "seq"> = {
      portal: turn.portal.id,
      message: target.remote,
      part: target.part,
      kind: "vote",
      user: voice.login.row.user,
      name: "",
      by: event.sender,
      value: asJson({ options }),
      event: event.event_id,
      room: event.room_id,
      dirty: false,
      at: box.clock.now(),
    };
    await box.failpoint("out.before-claim");
    await turn.claim();
    const before = (await box.store.read.assertions.of(row.portal, row.message)).find(
      ({ kind, user }) => kind === row.kind && user === row.user,
    );
    await box.store.commit((tx) => tx.assertions.put(row));
    await box.failpoint("out.before-call");
    const vote = { id: target.remote, options };
    const { id } = voice.login.row;
    try {
      await box.connections.call(id, "vote", turn.portal.chat, vote, deadline(works, turn));
    } catch (error) {
      if (asBridgeError(error).reached === "no")
        await box.store.commit((tx) => asBefore(tx, row, before));
      throw error;
    }
    await box.failpoint("out.after-call");
    return { end: "delivered" };
  };

/** It certainly was not done: what the network says of that account's vote counts again. */
const asBefore = async (
  tx: Repositories,
  row: Omit<Assertion, "seq">,
  before: Assertion | undefined,
): Promise<void> => {
  if (before !== undefined) return tx.assertions.put(before);
  for (const one of await tx.assertions.of(row.portal, row.message))
    if (one.kind === row.kind && one.user === row.user) await tx.assertions.remove(one.seq);
};

/** Whoever began a poll ends it; nobody else's word counts there. */
export const pollEndToNetwork =
  (works: Works): Handler =>
  async (turn) => {
    const { box } = works;
    const { event } = outPayload(turn.item);
    const target = await targetOf(works, turn);
    if (target === undefined) return quietly("the poll is not known there.");
    if (target.sender !== event.sender)
      return notBridged("forbidden", "only whoever began a poll can end it there.");
    const voice = await voiceOfSent(works, turn.portal, target);
    if (voice === undefined)
      return notBridged("forbidden", "you have no login there and no relay to use.");
    if (!canClose(works, turn, voice)) return quietly("polls there cannot be ended.");
    await enterChat(works, turn.portal, voice.login, turn.signal);
    await turn.claim();
    await box.failpoint("out.before-call");
    const { id } = voice.login.row;
    await box.connections.call(
      id,
      "closePoll",
      turn.portal.chat,
      target.remote,
      deadline(works, turn),
    );
    await box.failpoint("out.after-call");
    return { end: "delivered", write: (tx) => closed(tx, turn, target) };
  };

/** So that the network's own word of it is not shown as another end. */
const closed = (tx: Repositories, turn: Turn, target: MessageRow): Promise<void> => {
  const { event } = outPayload(turn.item);
  return tx.assertions.put({
    portal: turn.portal.id,
    message: target.remote,
    part: target.part,
    kind: "closed",
    user: "",
    name: "",
    by: undefined,
    value: {},
    event: event.event_id,
    room: event.room_id,
    dirty: false,
    at: turn.now(),
  });
};
