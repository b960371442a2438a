import { BridgeError, errorTable } from "../adapter/index.ts";
import type { LoginId, Millis } from "../adapter/index.ts";
import type { RoomView, Views } from "../matrix/types.ts";
import { Lru } from "../flow/lru.ts";
import type { Portal } from "../store/types.ts";
import { ownStateOf, putOwnState } from "./own-chat.ts";
import type { OwnView, ShownView } from "./own-chat.ts";
import type { Works } from "./works.ts";

/** How far the views of a person were read. */
const scope = "views";
/** Between two looks, in milliseconds. */
const every: Millis = 30_000;

type Seen = Omit<ShownView, "room" | "direct">;

/**
 * What people mute, tag and mark on Matrix is so on the network, where its accounts have such a thing. An
 * appservice is not told of it, so their homeserver is asked, by the registration: a session of theirs
 * would have the messages for its device taken away by that. What was so at the first look stays as it is.
 */
export const followViews = async (works: Works): Promise<void> => {
  const { box } = works;
  const read = new Lru<string, string>(5000);
  while (!box.signal.aborted) {
    if (box.settings.people?.follow === true && box.settings.doublePuppet === true)
      for (const [person, logins] of watched(works))
        await once(works, read, { person, logins }).catch((error: unknown) => {
          if (!box.signal.aborted)
            box.log.debug("What somebody muted or tagged was not read", { why: String(error) });
        });
    await box.clock.sleep(every, box.signal);
  }
};

/** People of this homeserver whose accounts can be told how they see a chat, with those logins. */
const watched = ({ box, puppets }: Works): ReadonlyMap<string, readonly LoginId[]> => {
  const people = new Map<string, LoginId[]>();
  for (const { logins } of box.networks.values())
    for (const { row, state } of logins.values()) {
      const { id, owner, role } = row;
      if (owner === undefined || role !== "user" || puppets.isAbroad(owner)) continue;
      if (state === "connected" && box.connections.can(id, "own"))
        people.set(owner, [...(people.get(owner) ?? []), id]);
    }
  return people;
};

interface Watched {
  readonly person: string;
  readonly logins: readonly LoginId[];
}

const once = async (
  works: Works,
  read: Lru<string, string>,
  { person, logins }: Watched,
): Promise<void> => {
  const { homeserver, homeserverGate, store, signal } = works.box;
  if (homeserverGate.closure) return;
  const stored = await store.read.keys.get(scope, person);
  const since = read.get(person) ?? (typeof stored === "string" ? stored : undefined);
  const views = await homeserver.readViews(since, { class: "roster", as: person, signal });
  const isNews = views.rooms.size > 0 || views.muted !== undefined;
  if (isNews)
    for (const login of logins)
      for (const portal of await store.read.portals.ofLogin(login))
        await compare(works, { portal, login, views, isFirst: since === undefined });
  if (since === undefined)
    works.box.log.debug("What somebody mutes and tags is followed from now on", { person });
  read.set(person, views.next);
  if (isNews || since === undefined)
    await store.commit((tx) => tx.keys.set(scope, person, views.next, false));
};

const seenIn = (views: Views, room: string): Seen => {
  const { tags, unread }: RoomView = views.rooms.get(room) ?? {};
  return {
    ...(views.muted === undefined ? {} : { muted: views.muted.has(room) }),
    ...(tags === undefined
      ? {}
      : { favourite: tags.includes("m.favourite"), low: tags.includes("m.lowpriority") }),
    ...(unread === undefined ? {} : { unread }),
  };
};

const names = ["muted", "favourite", "low", "unread"] as const;

/** Told first and written down then: if the box dies between, it is told once more, which changes nothing. */
const compare = async (
  { box }: Works,
  {
    portal,
    login,
    views,
    isFirst,
  }: { portal: Portal; login: LoginId; views: Views; isFirst: boolean },
): Promise<void> => {
  const { room } = portal;
  if (room === undefined || portal.dead) return;
  const place = { portal: portal.id, login };
  const state = await ownStateOf(box.store.read, place);
  const shown = state?.shown?.room === room ? state.shown : { room };
  const seen = seenIn(views, room);
  const changed = names.filter((name) => {
    return seen[name] !== undefined && seen[name] !== (shown[name] ?? false);
  });
  if (changed.length === 0) return;
  if (!isFirst)
    for (const name of changed) await tell(box, { portal, login, name, on: seen[name] === true });
  const now = Object.fromEntries(changed.map((name) => [name, seen[name]])) as Seen;
  const is = isFirst ? {} : isOf(now);
  await box.store.commit(async (tx) => {
    const before = await ownStateOf(tx, place);
    await putOwnState(tx, place, { is: { ...before?.is, ...is }, shown: { ...shown, ...now } });
  });
};

const isOf = ({ muted, ...others }: Seen): OwnView => ({
  ...others,
  ...(muted === undefined ? {} : { muted: muted ? "ever" : 0 }),
});

/** @throws BridgeError where it is to be told again later; what the network will never take is let be. */
const tell = async (
  box: Works["box"],
  {
    portal,
    login,
    name,
    on,
  }: { portal: Portal; login: LoginId; name: (typeof names)[number]; on: boolean },
): Promise<void> => {
  const change = {
    muted: { muted: on ? "ever" : null },
    unread: { unread: on },
    favourite: { tagged: { tag: "favourite", on } },
    low: { tagged: { tag: "low", on } },
  } as const;
  const deadline = AbortSignal.timeout(box.settings.deadline.network);
  const signal = AbortSignal.any([box.signal, deadline]);
  try {
    await box.connections.call(login, "own", portal.chat, change[name], signal);
  } catch (error) {
    if (!(error instanceof BridgeError) || errorTable[error.code].transient) throw error;
    box.log.info("A network did not take how somebody sees a chat", { login, why: error.message });
  }
};
