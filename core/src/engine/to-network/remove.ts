import { forgetPiece } from "../gone.ts";
import { outPayload } from "../sent-row.ts";
import { notBridged } from "../turn.ts";
import type { Handler } from "../turn.ts";
import type { Works } from "../works.ts";
import { reactionTakenBack } from "./reaction.ts";
import { enterChat, voiceless, voiceOf, voiceOfSent } from "./speaker.ts";
import { forgetSeen, soughtRows, whyUnknown } from "./seen.ts";

/** The event that a redaction removes: in the event itself, or since room version 11 in its content. */
export const redactedBy = (event: {
  readonly redacts?: string;
  readonly content: { readonly [key: string]: unknown };
}): string | undefined => {
  const inContent = event.content["redacts"];
  return event.redacts ?? (typeof inContent === "string" ? inContent : undefined);
};

/** A redaction deletes every piece on the network; already gone is a success. */
export const removeFromNetwork =
  (works: Works): Handler =>
  async (turn) => {
    const { event } = outPayload(turn.item);
    const id = redactedBy(event);
    if (id === undefined) return { end: "dropped" };
    const known = await works.box.store.read.messages.byEvent(turn.portal.id, id);
    const found = known.length > 0 ? known : await soughtRows(works, turn, id);
    const rows = found.filter((row) => row.room === event.room_id);
    const [row] = rows;
    const reaction = row === undefined ? await reactionTakenBack(works, turn, id) : undefined;
    if (reaction) return reaction;
    // The last attempt was made of a row that was there: the network's word of it was read first.
    if (row === undefined && turn.suspect) return { end: "delivered" };
    if (row === undefined) {
      const why = await whyUnknown(works, turn, { event: id, deed: "Delete" });
      if (why !== undefined)
        return { ...notBridged("not_found", why), write: (tx) => forgetSeen(tx, turn, id) };
      return { ...notBridged("not_found", "it is not there, or is deleted already."), quiet: true };
    }
    const voice =
      row.from === "matrix"
        ? await voiceOfSent(works, turn.portal, { ...row, takeBack: true })
        : await voiceOf(works, turn.portal, event.sender);
    if (!voice) return voiceless(works, turn.portal, event.sender);
    const { connections } = works.box;
    const { id: login } = voice.login.row;
    await enterChat(works, turn.portal, voice.login, turn.signal);
    if (!connections.can(login, "remove"))
      return {
        ...notBridged("unsupported", "a message cannot be deleted there once it is sent."),
        quiet: works.isInNamespace(event.sender),
      };
    await works.box.failpoint("out.before-claim");
    await turn.claim();
    await works.box.failpoint("out.before-call");
    const deadline = AbortSignal.timeout(works.box.settings.deadline.network);
    const signal = AbortSignal.any([turn.signal, deadline]);
    for (const row of rows) {
      const { chat } = turn.portal;
      await connections.call(login, "remove", chat, row.remote, voice.speaker, signal);
      await works.box.failpoint("out.after-call");
      await works.box.store.commit((tx) => forgetPiece(works.box, tx, row));
    }
    return { end: "delivered" };
  };
