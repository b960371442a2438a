import { BridgeError } from "../adapter/index.ts";
import type { ChatInfo, ChatRef } from "../adapter/index.ts";
import { mayPlumb } from "../matrix/rooms.ts";
import type { MatrixEvent } from "../matrix/types.ts";
import type { Ghost } from "../store/types.ts";
import type { LiveLogin } from "./box.ts";
import { demandOpen } from "./demand-open.ts";
import { greet } from "./greet.ts";
import { judge } from "./policy.ts";
import { mergeInfo } from "./portals.ts";
import { outPayload } from "./sent-row.ts";
import { routeSaidEarly } from "./route.ts";
import { commitTelling } from "./telling.ts";
import { upgradedInto } from "./upgrade.ts";
import type { Handler, Settlement, Turn } from "./turn.ts";
import { queuePlace } from "./spaces/item.ts";
import type { Works } from "./works.ts";

/** Somebody invited the bot or a ghost: they come, or they say why not by leaving with a reason. */
export const inviteOfOurs =
  (works: Works): Handler =>
  async (turn) => {
    const { event } = outPayload(turn.item);
    const invited = event.state_key ?? "";
    const { homeserver, settings } = works.box;
    await turn.claim();
    if (invited === homeserver.bot) {
      if (settings.permits(event.sender, "commands")) {
        await works.ghosts.ensureJoined(event.room_id, homeserver.bot, "live");
        await upgradedInto(works, event.room_id, { class: "live", signal: turn.signal });
        if (event.content["is_direct"] !== true) return { end: "dropped" };
        return greet(works, turn, event);
      }
      return refuse(works, turn, { event, reason: "You may not use this bridge; ask its admin." });
    }
    const ghost = await works.ghosts.byMxid(invited);
    if (!ghost)
      return refuse(works, turn, { event, reason: "Nobody of that name is known there." });
    return ghostInvited(works, turn, { event, ghost });
  };

const ghostInvited = async (
  works: Works,
  turn: Turn,
  { event, ghost }: { event: MatrixEvent; ghost: Ghost },
): Promise<Settlement> => {
  const room = event.room_id;
  const portals = await works.portals.ofRoom(room);
  if (portals.some(({ dead, network }) => !dead && network === ghost.network)) {
    await works.ghosts.ensureJoined(room, ghost.mxid, "live");
    return { end: "dropped" };
  }
  const login = await loginOf(works, turn, { ghost, owner: event.sender });
  const { connections } = works.box;
  if (!login || !connections.can(login.row.id, "startChat")) {
    const reason = `Log in to ${ghost.network} first, then invite me again.`;
    return refuse(works, turn, { event, reason });
  }
  await works.ghosts.ensureJoined(room, ghost.mxid, "live");
  if (!(await mayTake(works, turn, { event, ghost })))
    return refuse(works, turn, {
      event,
      reason:
        "Others are in this room, and you may not change its settings. Invite me to a room of the two of us.",
    });
  const found = await startChat(works, turn, { login, ghost });
  if ("reason" in found) return refuse(works, turn, { event, reason: found.reason });
  return openDirect(works, turn, { event, ghost, login, ...found });
};

/**
 * Whether whoever invited may make their own chat of that room: it is theirs alone, or they may change how
 * it is bridged. Only who is in the room can look, so the ghost is.
 */
const mayTake = async (
  works: Works,
  { signal }: Turn,
  { event: { room_id: room, sender }, ghost }: { event: MatrixEvent; ghost: Ghost },
): Promise<boolean> => {
  const { homeserver, settings } = works.box;
  const call = { class: "live", as: ghost.mxid, signal } as const;
  const others = [...(await homeserver.joinedMembers(room, call)).keys()].filter(
    (one) => one !== sender && one !== homeserver.bot && !works.isInNamespace(one),
  );
  if (others.length === 0 || settings.permits(sender, "admin")) return true;
  const levels = await homeserver.getState({ room, type: "m.room.power_levels", key: "" }, call);
  return mayPlumb(sender, levels, await homeserver.getCreation(room, call));
};

/** The private chat with that person, or the sentence that says why there can be none. */
const startChat = async (
  works: Works,
  turn: Turn,
  { login, ghost }: { login: LiveLogin; ghost: Ghost },
): Promise<{ chat: ChatRef; told: Partial<ChatInfo> } | { reason: string }> => {
  const { connections, settings } = works.box;
  const { id } = login.row;
  const { item, signal } = turn;
  const within = (): AbortSignal =>
    AbortSignal.any([signal, AbortSignal.timeout(settings.deadline.network)]);
  try {
    const chat = await connections.call(id, "startChat", ghost.user, within());
    return { chat, told: await connections.call(id, "describe", chat, within()) };
  } catch (error) {
    const verdict = judge(error);
    const { next, sentence: reason } = verdict;
    if (signal.aborted || !(error instanceof BridgeError)) throw error;
    const later = verdict.next === "wait" ? (verdict.retryAfter ?? 0) : 0;
    if (next === "wait" && turn.now() + later - item.at < longest) throw error;
    return { reason };
  }
};

/** Who invites wants an answer, and what others say to the bot stands behind it; milliseconds. */
const longest = 60_000;

/** How long an invitation waits for a login that is only just connecting. */
const patience = 10_000;

const loginOf = async (
  works: Works,
  turn: Turn,
  { ghost, owner }: { ghost: Ghost; owner: string },
): Promise<LiveLogin | undefined> => {
  const logins = [...(works.box.networks.get(ghost.network)?.logins.values() ?? [])];
  const own = logins.filter((login) => login.row.owner === owner);
  const soon = AbortSignal.any([turn.signal, AbortSignal.timeout(patience)]);
  const ready = own.map(async (login) => {
    await login.gate.ready(works.box.clock, soon);
    return login;
  });
  return Promise.any(ready).catch(() => undefined);
};

/**
 * The invitation's room becomes the portal of that private chat, unless it has one already. That is
 * so before anybody sees the ghost come: what is said to it at once, or was while it was looked for, is
 * meant for it.
 */
const openDirect = async (
  works: Works,
  turn: Turn,
  {
    event,
    ghost,
    login,
    chat,
    told,
  }: {
    event: MatrixEvent;
    ghost: Ghost;
    login: LiveLogin;
    chat: ChatRef;
    told: Partial<ChatInfo>;
  },
): Promise<Settlement> => {
  const { box, portals, ghosts } = works;
  const room = event.room_id;
  const portal = await portals.ensure(ghost.network, chat, "dm");
  if (portal.room !== undefined && portal.room !== room) {
    const there = { room: portal.room, user: event.sender, signal: turn.signal };
    const call = { class: "live", signal: turn.signal } as const;
    const asked = demandOpen(works, there).then(() =>
      box.homeserver.invite(there.room, there.user, call),
    );
    const reason = await asked.then(
      () => "We have a room for this chat already; I invited you to it.",
      () =>
        `We have a room for this chat already, ${portal.room}. If you are not in it, ask somebody there to invite you: I could not.`,
    );
    return refuse(works, turn, { event, reason });
  }
  const info = mergeInfo(undefined, told);
  const announce = await commitTelling(box, async (tx, tell) => {
    await portals.update(tx, portal, { room, ...(info ? { info } : {}) });
    await tx.portals.addLogin(portal.id, login.row.id, box.clock.now());
    const early = await routeSaidEarly(works, tx, { room, portals: [{ ...portal, room }], tell });
    return [...early, ...(await queuePlace(box, tx, { ...portal, room }))];
  });
  portals.forget({ ...portal, room });
  announce();
  // What was stored while that commit was under way found no chat yet, and stands behind us.
  const late = await commitTelling(box, (tx, tell) =>
    routeSaidEarly(works, tx, { room, portals: [{ ...portal, room }], tell }),
  );
  late();
  await ghosts.ensureJoined(room, ghost.mxid, "live");
  await bringBot(works, turn, { room, ghost });
  return { end: "dropped" };
};

/** The bot tells what becomes of messages, so it has to be in the room too. */
const bringBot = async (
  works: Works,
  turn: Turn,
  { room, ghost }: { room: string; ghost: Ghost },
): Promise<void> => {
  const { homeserver, store } = works.box;
  if ((await store.read.members.get(room, homeserver.bot)) === "join") return;
  const call = { class: "live", as: ghost.mxid, signal: turn.signal } as const;
  await homeserver.invite(room, homeserver.bot, call);
  await works.ghosts.ensureJoined(room, homeserver.bot, "live");
};

const refuse = async (
  works: Works,
  turn: Turn,
  { event, reason }: { event: MatrixEvent; reason: string },
): Promise<Settlement> => {
  const { homeserver } = works.box;
  const as = event.state_key === homeserver.bot ? undefined : event.state_key;
  await homeserver.leave(event.room_id, { class: "live", as, signal: turn.signal }, reason);
  return { end: "dropped" };
};
