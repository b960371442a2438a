import { asBridgeError, BridgeError } from "../adapter/index.ts";
import type { Connection, ListedChat, LoginId, Millis } from "../adapter/index.ts";
import { delayAfter } from "../flow/backoff.ts";
import { MatrixError } from "../matrix/types.ts";
import type { Portal, Repositories } from "../store/types.ts";
import { noteRoles } from "./account-roles.ts";
import { mayBridge } from "./chat-filter.ts";
import type { LiveLogin, LiveNetwork } from "./box.ts";
import { isOpenTo } from "./demand-open.ts";
import { noteOwn, queueOwnOf, viewOf } from "./own-chat.ts";
import { inTime } from "./in-time.ts";
import { judge } from "./policy.ts";
import { mergeInfo } from "./portals.ts";
import { guardLevels } from "./room-levels.ts";
import { queuePlace } from "./spaces/item.ts";
import type { Works } from "./works.ts";

/** Which list of a login was gone through to its end: that of the settings and login named by it. */
const scope = "chats";
const backoff = { first: 2000, most: 300_000 };
const running = new WeakSet<LiveLogin>();

/**
 * Makes the rooms of a login's chats, newest first, one after another so that live chat is not held
 * up, and invites its owner. Begun anew after a crash it finds what is there; once it came to the
 * end, a restart asks nobody anything.
 */
export const syncChats = async (
  works: Works,
  live: LiveNetwork,
  login: LiveLogin,
): Promise<void> => {
  const { sync } = live.settings;
  const { box } = works;
  if (sync.most === 0 || (login.row.owner === undefined && !sync.ofBox)) return;
  if (login.connection?.chats === undefined || running.has(login)) return;
  const { id, since } = login.row;
  const whole = JSON.stringify([sync, since]);
  if ((await box.store.read.keys.get(scope, id)) === whole) return;
  running.add(login);
  works.catchUp.beginChats(id);
  try {
    await untilDone(works, live, login);
    if (isThere(works, live, login))
      await box.store.commit((tx) => tx.keys.set(scope, id, whole, false));
  } finally {
    running.delete(login);
    works.catchUp.endChats(id);
  }
};

/** The list is to be gone through again when the login next connects, or at once. */
export const forgetSync = async ({ box }: Works, { row }: LiveLogin): Promise<void> =>
  box.store.commit((tx) => forgetSynced(tx, row.id));

/** In the commit that ends that login, or begins it anew. */
export const forgetSynced = (tx: Repositories, login: LoginId): Promise<void> =>
  tx.keys.set(scope, login, null, false);

const isThere = ({ box }: Works, live: LiveNetwork, login: LiveLogin): boolean =>
  !box.signal.aborted && live.logins.get(login.row.id) === login;

const untilDone = async (works: Works, live: LiveNetwork, login: LiveLogin): Promise<void> => {
  const { box } = works;
  for (let failures = 1; isThere(works, live, login); failures += 1) {
    try {
      await login.gate.ready(box.clock, box.signal);
      if (login.connection && isThere(works, live, login))
        await once(works, { live, login, connection: login.connection });
      return;
    } catch (thrown) {
      if (box.signal.aborted) return;
      const error = asBridgeError(thrown);
      box.log.info("The chats of a login are not all bridged; it is tried again", {
        login: login.row.id,
        why: error.message,
      });
      await box.clock.sleep(error.retryAfter ?? delayAfter(failures, backoff), box.signal);
    }
  }
};

interface Run {
  readonly live: LiveNetwork;
  readonly login: LiveLogin;
  readonly connection: Connection;
}

const tooLate = (): BridgeError =>
  new BridgeError("timeout", "The chats of a login were not listed: no page came in time.", {
    reached: "no",
    scope: "item",
  });

const once = async (works: Works, run: Run): Promise<void> => {
  const { box } = works;
  const { live, login, connection } = run;
  const { most, maxAge } = live.settings.sync;
  let count = 0;
  const pages = inTime((signal) => connection.chats?.(signal), box.signal, tooLate);
  for await (const page of pages) {
    for (const listed of page) {
      if (count >= most || !isThere(works, live, login)) return;
      if (!(await isDue(works, run, { listed, maxAge }))) continue;
      count += 1;
      await bridge(works, run, listed);
    }
  }
};

const isDue = async (
  works: Works,
  { live, login }: Run,
  { listed, maxAge }: { listed: ListedChat; maxAge: Millis | undefined },
): Promise<boolean> => {
  const { ref: chat, info, lastAt } = listed;
  if (info.kind === "space") return false;
  if (maxAge !== undefined && lastAt !== undefined && works.box.clock.now() - lastAt > maxAge)
    return false;
  const name = info.name ?? "";
  const { signal } = works.box;
  return mayBridge(works, live, { chat, name, seenBy: [login.row.id], signal });
};

/** One that cannot be made for good is left out; whoever writes there makes it be tried again. */
const bridge = async (works: Works, run: Run, listed: ListedChat): Promise<void> => {
  const { box, portals, rooms } = works;
  const { live, login } = run;
  const portal = await portals.ensure(live.settings.id, listed.ref, "remote");
  if (portal.dead) return;
  const inside = await box.store.read.portals.logins(portal.id);
  if (portal.room !== undefined && inside.includes(login.row.id)) return;
  const info = portal.info === undefined ? mergeInfo(undefined, listed.info) : undefined;
  const { own } = listed;
  const lanes = await box.store.commit(async (tx) => {
    if (info) await portals.update(tx, portal, { info });
    if (portal.room === undefined)
      await tx.portals.addLogin(portal.id, login.row.id, box.clock.now());
    if (login.row.owner === undefined) return [];
    const { members: list = [] } = listed.info;
    return [
      ...(await noteRoles(box, tx, { live, portal, list, seenBy: [login.row.id] })),
      ...(own ? await noteOwn(box, tx, { portal, login: login.row.id, view: viewOf(own) }) : []),
    ];
  });
  for (const lane of lanes) box.wake(lane);
  portals.forget(portal);
  try {
    await box.homeserverGate.ready(box.clock, box.signal);
    if (portal.room === undefined) await rooms.ensure(portal.id);
    else await join(works, { ...portal, room: portal.room }, login);
  } catch (error) {
    if (judge(error).next === "wait") throw error;
    box.log.warn("A chat of a login was not bridged", {
      login: login.row.id,
      chat: listed.ref.id,
      why: judge(error).sentence,
    });
  }
};

/** The room is there for somebody else already: the owner is asked in too, if it is open to them, and then it is noted. */
const join = async (
  works: Works,
  portal: Portal & { readonly room: string },
  { row }: LiveLogin,
): Promise<void> => {
  const { box, portals } = works;
  if (row.owner !== undefined)
    await askIn(works, { room: portal.room, user: row.owner }).catch(isInside);
  const lanes = await box.store.commit(async (tx) => {
    await tx.portals.addLogin(portal.id, row.id, box.clock.now());
    return [
      ...(await queuePlace(box, tx, portal)),
      ...(await queueOwnOf(box, tx, { portal, logins: [row.id] })),
      ...(await guardLevels(box, tx, portal)),
    ];
  });
  portals.forget(portal);
  for (const lane of lanes) box.wake(lane);
};

const askIn = async (
  works: Works,
  asked: { readonly room: string; readonly user: string },
): Promise<void> => {
  const { homeserver, signal } = works.box;
  if (!(await isOpenTo(works, { ...asked, signal }))) return;
  await homeserver.invite(asked.room, asked.user, { class: "roster", signal });
};

const isInside = (error: unknown): void => {
  if (!(error instanceof MatrixError) || error.errcode !== "M_FORBIDDEN") throw error;
};
