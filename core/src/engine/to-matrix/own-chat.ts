import type { Json } from "../../adapter/index.ts";
import type { Login, Portal } from "../../store/types.ts";
import type { Call, JsonObject } from "../../matrix/types.ts";
import { ownKey, ownStateOf, putOwnState } from "../own-chat.ts";
import type { OwnPlace, OwnState, OwnView, ShownView } from "../own-chat.ts";
import { isRefusal } from "../refusal.ts";
import type { Handler, Settlement, Turn } from "../turn.ts";
import type { Works } from "../works.ts";

interface Seeing {
  readonly portal: Portal;
  readonly room: string;
  readonly login: Login;
  readonly person: string;
}

/**
 * A chat is to a person on Matrix as it is to their account: silent, first, last, unread, with one person.
 * Each is looked at before it is set, and set once: what they change here stays until the network says
 * something new.
 */
export const ownChatToMatrix =
  (works: Works): Handler =>
  async (turn) => {
    const { store, settings } = works.box;
    const place = turn.item.payload as unknown as OwnPlace;
    const seeing = await seeingOf(works, place);
    if (seeing === undefined || settings.people?.chats === "never") return { end: "dropped" };
    const state = await ownStateOf(store.read, place);
    const { is = {}, shown: before } = state ?? {};
    const shown = before?.room === seeing.room ? before : { room: seeing.room };
    const wanted = wantedOf({
      is,
      shown,
      now: turn.now(),
      always: settings.people?.chats === "always",
    });
    const direct = seeing.portal.info?.kind === "dm" && shown.direct !== true;
    if (Object.keys(wanted).length === 0 && !direct) return settled(turn, { place, state, shown });
    await turn.claim();
    const now = { ...shown, ...wanted, ...(direct ? { direct } : {}) };
    try {
      await set(works, turn, { seeing, wanted, known: shown, direct });
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const { portal, room, person } = seeing;
      await works.puppets.refused({ portal, room, person, error });
      return { end: "dropped" };
    }
    return settled(turn, { place, state, shown: now });
  };

/** Who sees it, in which room; nothing where there is none or the box cannot act as them. */
const seeingOf = async (
  { box, puppets }: Works,
  { portal: id, login: loginId }: OwnPlace,
): Promise<Seeing | undefined> => {
  const { read } = box.store;
  const [portal, login] = [await read.portals.get(id), await read.logins.get(loginId)];
  if (portal?.room === undefined || portal.dead || login?.owner === undefined) return undefined;
  if (login.role !== "user" || !(await puppets.canBe(read, login.owner))) return undefined;
  return { portal, room: portal.room, login, person: login.owner };
};

type Wanted = Omit<ShownView, "room" | "direct">;

/**
 * What is to be set. What is not so at first needs no setting; after that mutes and tags change with the
 * network only where that is `always` wanted.
 */
const wantedOf = ({
  is,
  shown,
  now,
  always,
}: {
  readonly is: OwnView;
  readonly shown: ShownView;
  readonly now: number;
  readonly always: boolean;
}): Wanted => {
  const { muted, favourite, low, unread } = is;
  const silent = muted === undefined ? undefined : muted === "ever" || muted > now;
  const wanted: { -readonly [K in keyof Wanted]: Wanted[K] } = {};
  const rows = { muted: silent, favourite, low } as const;
  for (const name of ["muted", "favourite", "low"] as const) {
    const value = rows[name];
    if (value === undefined || value === shown[name]) continue;
    if (shown[name] === undefined || always) wanted[name] = value;
  }
  if (unread !== undefined && unread !== shown.unread) wanted.unread = unread;
  return wanted;
};

const tagNames = { favourite: "m.favourite", low: "m.lowpriority" } as const;
/** The name of the specification (v1.12), and the one before it (MSC2867). */
const unreadTypes = ["m.marked_unread", "com.famedly.marked_unread"] as const;

const set = async (
  works: Works,
  turn: Turn,
  {
    seeing,
    wanted,
    known,
    direct,
  }: {
    readonly seeing: Seeing;
    readonly wanted: Wanted;
    readonly known: ShownView;
    readonly direct: boolean;
  },
): Promise<void> => {
  const { homeserver } = works.box;
  const { room, person } = seeing;
  const call: Call = { class: "roster", as: person, signal: turn.signal };
  /** Nothing of ours is there that is to be taken away. */
  const isFresh = (name: keyof Wanted): boolean =>
    wanted[name] === false && known[name] === undefined;
  const { muted } = wanted;
  if (muted !== undefined && !isFresh("muted") && (await homeserver.isMuted(room, call)) !== muted)
    await homeserver.setMuted(room, muted, call);
  for (const name of ["favourite", "low"] as const) {
    const on = wanted[name];
    if (on === undefined || isFresh(name)) continue;
    const tag = tagNames[name];
    if (Object.hasOwn(await homeserver.getTags(room, call), tag) !== on)
      await homeserver.setTag(room, tag, on, call);
  }
  const { unread } = wanted;
  if (unread !== undefined && !isFresh("unread"))
    for (const type of unreadTypes) {
      const there = await homeserver.getAccountData({ type, room }, call);
      if ((there?.["unread"] === true) !== unread)
        await homeserver.setAccountData({ type, room }, { unread }, call);
    }
  if (direct) await markDirect(works, seeing, call);
};

/** Clients show it among the private chats (§ "Direct Messaging"), at the person that it is with. */
const markDirect = async (
  { box, ghosts }: Works,
  { portal, room }: Seeing,
  call: Call,
): Promise<void> => {
  const peer = portal.info?.peer;
  if (peer === undefined) return;
  const { mxid } = await ghosts.get(portal.network, peer);
  const type = "m.direct";
  const before = (await box.homeserver.getAccountData({ type }, call)) ?? {};
  if (isDirect(before, room)) return;
  const listed: Json | undefined = before[mxid];
  const known: readonly Json[] = Array.isArray(listed) ? listed : [];
  const rooms = [...known, room];
  await box.homeserver.setAccountData({ type }, { ...before, [mxid]: rooms }, call);
};

const isDirect = (content: JsonObject, room: string): boolean =>
  Object.values(content).some((rooms) => Array.isArray(rooms) && rooms.includes(room));

/** Written down only where something changed; a mute with an end waits for it. */
const settled = (
  turn: Turn,
  { place, state, shown }: { place: OwnPlace; state: OwnState | undefined; shown: ShownView },
): Settlement => {
  const until = state?.is.muted;
  const waits = typeof until === "number" && until > turn.now();
  const isSame = JSON.stringify(shown) === JSON.stringify(state?.shown);
  const write: Extract<Settlement, { end: "dropped" }>["write"] = async (tx) => {
    if (isSame) return;
    const now = await ownStateOf(tx, place);
    await putOwnState(tx, place, { is: {}, ...now, shown });
  };
  const same = async (tx: Parameters<NonNullable<typeof write>>[0]): Promise<boolean> =>
    JSON.stringify((await ownStateOf(tx, place))?.is) === JSON.stringify(state?.is);
  if (!waits) return { end: "dropped", write, keep: async (tx) => !(await same(tx)) };
  return {
    end: "parked",
    key: ownKey(place),
    until,
    still: async (tx) => {
      await write(tx);
      return same(tx);
    },
  };
};
