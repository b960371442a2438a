import type { Member } from "../../adapter/index.ts";
import type { MatrixEvent } from "../../matrix/types.ts";
import type { Ghost, Repositories, RosterRow } from "../../store/types.ts";
import { queueRoster } from "../roster-item.ts";
import { outPayload } from "../sent-row.ts";
import { notBridged } from "../turn.ts";
import type { Handler, Settlement, Turn } from "../turn.ts";
import type { Works } from "../works.ts";
import { object } from "./content.ts";
import { enterChat, voiceless, voiceOf } from "./speaker.ts";

/** Whoever is removed or banned from the room, or let in again, is in the chat too. */
export const memberToNetwork =
  (works: Works): Handler =>
  async (turn) => {
    const { box, ghosts } = works;
    const { portal } = turn;
    const { event } = outPayload(turn.item);
    const mxid = event.state_key ?? "";
    const ghost = (await ghosts.byMxid(mxid)) ?? ghosts.namedBy(mxid);
    const { membership, reason } = event.content;
    if (ghost?.network !== portal.network) return { end: "dropped" };
    if (membership !== "leave" && membership !== "ban") return { end: "dropped" };
    const row = await box.store.read.roster.get(portal.id, ghost.user);
    if (row?.state === membership) return { end: "dropped" };
    const lifted = membership === "leave" && wasBanned(event, row);
    if (lifted && row?.state === "join") return comesBack(works, turn, row);
    const change: Member = {
      user: ghost.user,
      state: membership,
      ...(lifted ? { lifted } : {}),
      ...(typeof reason === "string" && reason !== "" ? { reason: reason.slice(0, 300) } : {}),
    };
    return setMember(works, turn, {
      change,
      forbidden: "only who is logged in there can remove people there.",
      unsupported: "nobody can be removed or banned there from here.",
      write: (tx) => tx.roster.put(portal.id, change, false),
    });
  };

/** Who leaves a ban behind was not in the room; without the event before it, by what became of it there. */
const wasBanned = ({ unsigned }: MatrixEvent, row: RosterRow | undefined): boolean =>
  (object(unsigned?.["prev_content"])?.["membership"] ?? row?.state) === "ban";

/** There was no ban there: who is in the chat is in the room too, now that nothing keeps them out. */
const comesBack = async ({ box }: Works, { portal }: Turn, row: RosterRow): Promise<Settlement> => {
  box.wake(
    await box.store.commit(async (tx) => {
      await tx.roster.put(portal.id, row, true);
      return queueRoster(box, tx, portal.id);
    }),
  );
  return { end: "dropped" };
};

/** Whoever is invited into the room of a chat is invited into the chat; who is there only comes here too. */
export const invitationToNetwork =
  (works: Works): Handler =>
  async (turn) => {
    const { portal } = turn;
    const { event } = outPayload(turn.item);
    const ghost = await works.ghosts.byMxid(event.state_key ?? "");
    if (ghost?.network !== portal.network) return { end: "dropped" };
    const row = await works.box.store.read.roster.get(portal.id, ghost.user);
    if (row?.state === "join" || (await isAccount(works, turn, ghost))) {
      await turn.claim();
      await works.ghosts.ensureJoined(event.room_id, ghost.mxid, "live");
      return { end: "dropped" };
    }
    return setMember(works, turn, {
      change: { user: ghost.user, state: "invite" },
      forbidden: "only who is logged in there can invite people there.",
      unsupported: "nobody can be invited there from here.",
    });
  };

/** An account of the box is in the chat by its own login. */
const isAccount = async ({ box }: Works, { portal }: Turn, { user }: Ghost): Promise<boolean> => {
  const logins = [...(box.networks.get(portal.network)?.logins.values() ?? [])];
  const own = logins.find(({ row }) => row.user === user);
  return own !== undefined && (await box.store.read.portals.logins(portal.id)).includes(own.row.id);
};

/** By the person's own login: what the relay may do there is not for whoever has power in the room. */
export const setMember = async (
  works: Works,
  turn: Turn,
  {
    change,
    forbidden,
    unsupported,
    write,
  }: {
    readonly change: Member;
    readonly forbidden: string;
    readonly unsupported: string;
    readonly write?: (tx: Repositories) => Promise<void>;
  },
): Promise<Settlement> => {
  const { box } = works;
  const { portal } = turn;
  const { event } = outPayload(turn.item);
  const voice = await voiceOf(works, portal, event.sender);
  if (voice === undefined) return voiceless(works, portal, event.sender);
  if (voice.speaker.as !== "self") return notBridged("forbidden", forbidden);
  const { id } = voice.login.row;
  const able = portal.info?.features.can.includes("setMember") === true;
  if (!able || !box.connections.can(id, "setMember")) return notBridged("unsupported", unsupported);
  await enterChat(works, portal, voice.login, turn.signal);
  const { deadline } = box.settings;
  const signal = AbortSignal.any([turn.signal, AbortSignal.timeout(deadline.network)]);
  await turn.claim();
  await box.failpoint("out.before-call");
  await box.connections.call(id, "setMember", portal.chat, change, signal);
  await box.failpoint("out.after-call");
  return { end: "delivered", ...(write ? { write } : {}) };
};
