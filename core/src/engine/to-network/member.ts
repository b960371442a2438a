import type { Member } from "../../adapter/index.ts";
import { outPayload } from "../sent-row.ts";
import { notBridged } from "../turn.ts";
import type { Handler } from "../turn.ts";
import type { Works } from "../works.ts";
import { enterChat, voiceless, voiceOf } from "./speaker.ts";

/** Whoever is removed or banned from the room, or let in again, is in the chat too. */
export const memberToNetwork =
  (works: Works): Handler =>
  async (turn) => {
    const { box, ghosts } = works;
    const { portal } = turn;
    const { event } = outPayload(turn.item);
    const ghost = await ghosts.byMxid(event.state_key ?? "");
    const { membership, reason } = event.content;
    if (ghost?.network !== portal.network) return { end: "dropped" };
    if (membership !== "leave" && membership !== "ban") return { end: "dropped" };
    const row = await box.store.read.roster.get(portal.id, ghost.user);
    if (row?.state === membership) return { end: "dropped" };
    const voice = await voiceOf(works, portal, event.sender);
    if (voice === undefined) return voiceless(works, portal, event.sender);
    // What the relay may do there is not for whoever has power in the room.
    if (voice.speaker.as !== "self")
      return notBridged("forbidden", "only who is logged in there can remove people there.");
    const { id } = voice.login.row;
    const able = portal.info?.features.can.includes("setMember") === true;
    if (!able || !box.connections.can(id, "setMember"))
      return notBridged("unsupported", "nobody can be removed or banned there from here.");
    await enterChat(works, portal, voice.login, turn.signal);
    const change: Member = {
      user: ghost.user,
      state: membership,
      ...(typeof reason === "string" && reason !== "" ? { reason: reason.slice(0, 300) } : {}),
    };
    const { deadline } = box.settings;
    const signal = AbortSignal.any([turn.signal, AbortSignal.timeout(deadline.network)]);
    await turn.claim();
    await box.failpoint("out.before-call");
    await box.connections.call(id, "setMember", portal.chat, change, signal);
    await box.failpoint("out.after-call");
    return { end: "delivered", write: (tx) => tx.roster.put(portal.id, change, false) };
  };
