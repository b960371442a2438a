import { asBridgeError, BridgeError, errorTable } from "../adapter/index.ts";
import type { LoginId, Millis } from "../adapter/index.ts";
import type { RoomView, Views } from "../matrix/types.ts";
import { Lru } from "../flow/lru.ts";
import { Slots } from "../flow/slots.ts";
import type { Portal } from "../store/types.ts";
import { ownStateOf, putOwnState } from "./own-chat.ts";
import type { OwnView, ShownView } from "./own-chat.ts";
import type { Works } from "./works.ts";

/** How far the views of a person were read. */
const scope = "views";
/** Between two looks, in milliseconds. */
const every: Millis = 30_000;
/** So many people are asked about at once. */
const atOnce = 8;

type Seen = Omit<ShownView, "room" | "direct">;

/**
 * What people mute, tag and mark on Matrix is so on the network, where its accounts have such a thing. An
 * appservice is not told of it, so their homeserver is asked, by the registration: a session of theirs
 * would have the messages for its device taken away by that. What was so at the first look stays as it is. Each
 * person is looked after by themselves: whoever's network is slow holds up nobody else.
 */
export const followViews = async (works: Works): Promise<void> => {
  const { box } = works;
  const reading: Reading = { read: new Lru<string, string>(5000), slots: new Slots(atOnce) };
  const busy = new Map<string, Promise<void>>();
  while (!box.signal.aborted) {
    if (box.settings.people?.follow === true && box.settings.doublePuppet === true)
      for (const [person, logins] of watched(works)) {
        if (busy.has(person)) continue;
        const look = once(works, reading, { person, logins }).catch((error: unknown) => {
          if (!box.signal.aborted)
            box.log.debug("What somebody muted or tagged was not read", { why: String(error) });
        });
        busy.set(
          person,
          look.finally(() => busy.delete(person)),
        );
      }
    await box.clock.sleep(every, box.signal);
  }
  await Promise.all(busy.values());
};

interface Reading {
  /** How far the views of each were read. */
  readonly read: Lru<string, string>;
  readonly slots: Slots;
}

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
  { read, slots }: Reading,
  { person, logins }: Watched,
): Promise<void> => {
  const { homeserver, homeserverGate, store, signal } = works.box;
  const stored = await store.read.keys.get(scope, person);
  const since = read.get(person) ?? (typeof stored === "string" ? stored : undefined);
  const views = await slots.use(async () => {
    if (homeserverGate.closure || signal.aborted) return undefined;
    return homeserver.readViews(since, { class: "roster", as: person, signal });
  });
  if (views === undefined) return;
  const isNews = views.rooms.size > 0 || views.muted !== undefined;
  const isFirst = since === undefined;
  const telling = isNews ? logins : [];
  const told = telling.map((login) => compareAll(works, { login, views, isFirst }));
  // What was told is noted; the rest is seen anew if it is asked for from the same place.
  if ((await Promise.all(told)).includes("in part")) return;
  if (isFirst)
    works.box.log.debug("What somebody mutes and tags is followed from now on", { person });
  read.set(person, views.next);
  if (isNews || isFirst) await store.commit((tx) => tx.keys.set(scope, person, views.next, false));
};

/** One chat of which the network cannot be told now holds up no other of that login. */
const compareAll = async (
  works: Works,
  { login, views, isFirst }: { login: LoginId; views: Views; isFirst: boolean },
): Promise<"whole" | "in part"> => {
  const { store, signal, log } = works.box;
  let end: "whole" | "in part" = "whole";
  for (const portal of await store.read.portals.ofLogin(login)) {
    try {
      await compare(works, { portal, login, views, isFirst });
    } catch (error) {
      if (signal.aborted) throw error;
      log.debug("What somebody muted or tagged was not passed on", { why: String(error) });
      end = "in part";
      const { scope } = asBridgeError(error);
      if (scope === "login" || scope === "network") break;
    }
  }
  return end;
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
