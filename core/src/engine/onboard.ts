import type { NetworkId } from "../adapter/index.ts";
import { MatrixError } from "../matrix/types.ts";
import type { Json } from "../adapter/index.ts";
import type { Lane, Repositories } from "../store/types.ts";
import { talkLane } from "./control.ts";
import { say } from "./to-matrix/send.ts";
import type { Handler, Turn } from "./turn.ts";
import type { Works } from "./works.ts";

/** Who was told, by network and person; and how many were lately. */
const scope = "onboard";
/** A person's own room with the bot, by the person. */
const talks = "talk";

/** Notes are sparse: what is over this is told at a later message. */
const mostInHour = 30;
const hour = 3_600_000;

interface Note {
  readonly user: string;
  readonly network: NetworkId;
}

/**
 * In the commit that ends somebody's first relayed message: one private note how to log in, once per
 * person and network. Only to those who may.
 */
export const noteRelayed = async (
  { box }: Works,
  tx: Repositories,
  { user, network }: Note,
): Promise<readonly Lane[]> => {
  const live = box.networks.get(network);
  if (!live?.settings.relayNote || Object.keys(live.settings.adapter.logins).length === 0)
    return [];
  if (!box.settings.permits(user, "user")) return [];
  const key = `${network} ${user}`;
  if ((await tx.keys.get(scope, key)) !== undefined) return [];
  const now = box.clock.now();
  const lately = latelyOf(await tx.keys.get(scope, "lately"), now);
  if (lately.count >= mostInHour) return [];
  await tx.keys.set(scope, "lately", { ...lately, count: lately.count + 1 }, false);
  await tx.keys.set(scope, key, now, false);
  const lane = talkLane(user);
  const origin = `${scope}:${key}`;
  const payload = { user, network };
  const item = { lane, rank: 1, origin, kind: scope, payload, at: now } as const;
  await tx.items.add({ ...item, key: box.keyOf(lane.portal, origin, "") });
  return [lane];
};

const latelyOf = (stored: Json | undefined, now: number) => {
  const known = stored as { since: number; count: number } | undefined;
  return known && now - known.since < hour ? known : { since: now, count: 0 };
};

/** A person asked the bot into a room of the two: what is for them alone is said there. */
export const rememberTalk = (tx: Repositories, user: string, room: string): Promise<void> =>
  tx.keys.set(talks, user, room, false);

/** Whether it is that person's own room with the bot. */
export const isTalk = async (
  { keys }: Pick<Repositories, "keys">,
  user: string,
  room: string,
): Promise<boolean> => (await keys.get(talks, user)) === room;

/** The bot may not speak in that room any more. */
export const forgetTalk = async (tx: Repositories, user: string, room: string): Promise<void> => {
  if ((await tx.keys.get(talks, user)) === room) await tx.keys.set(talks, user, null, false);
};

/** Says it in the person's own room with the bot, which is made if there is none. */
export const onboard =
  (works: Works): Handler =>
  async (turn) => {
    const { user, network } = turn.item.payload as unknown as Note;
    const adapter = works.box.networks.get(network)?.settings.adapter;
    const name = adapter?.name ?? network;
    const orLink =
      adapter?.asides === undefined
        ? ""
        : `, or to bear the name of an account that you have: link ${network}`;
    const room = await talkRoom(works, turn, { user, network });
    const body =
      `What you say in a room that is bridged to ${network} reaches ${name} under your name, by an ` +
      `account of mine, because you have none of your own there. To speak as yourself, say here: ` +
      `login ${network}${orLink}\nI say this once.`;
    const content = { msgtype: "m.notice", body };
    const as = works.box.homeserver.bot;
    await say(works, turn, { room, as, type: "m.room.message", content });
    return { end: "dropped" };
  };

/** A person's own room with the bot, made if there is none. */
export const talkRoom = async (works: Works, turn: Turn, note: Note): Promise<string> => {
  const { store } = works.box;
  const known = await store.read.keys.get(talks, note.user);
  if (typeof known === "string") return known;
  const room = await makeRoom(works, turn, note);
  await store.commit(async (tx) => {
    await rememberTalk(tx, note.user, room);
    await tx.members.set(room, works.box.homeserver.bot, "join");
  });
  return room;
};

/** The alias makes a repeated creation an adoption. */
const makeRoom = async (works: Works, turn: Turn, { user, network }: Note): Promise<string> => {
  const { homeserver, networks } = works.box;
  const prefix = networks.get(network)?.settings.aliasPrefix ?? `${network}_`;
  const localpart = `${prefix}talk_${works.box.keyOf(turn.item.lane.portal, `talk:${user}`, "")}`;
  const call = { class: "roster", signal: turn.signal } as const;
  const body = {
    preset: "trusted_private_chat",
    visibility: "private",
    room_alias_name: localpart,
    is_direct: true,
    invite: [user],
  };
  try {
    return await homeserver.createRoom(body, call);
  } catch (error) {
    if (!(error instanceof MatrixError) || error.errcode !== "M_ROOM_IN_USE") throw error;
    const room = await homeserver.resolveAlias(`#${localpart}:${homeserver.domain}`, call);
    if (room === undefined) throw error;
    return room;
  }
};
