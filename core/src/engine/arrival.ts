import { MatrixError } from "../matrix/types.ts";
import type { Call } from "../matrix/types.ts";
import type { Item, Lane, Portal, PortalId, Repositories } from "../store/types.ts";
import type { Box } from "./box.ts";
import { commitTelling } from "./telling.ts";
import { bringAliases } from "./bring-aliases.ts";
import { functionalMembers } from "./bridge-info.ts";
import type { RoomState } from "./bridge-info.ts";
import { roomLane } from "./control.ts";
import { moveMute } from "./mute.ts";
import { queueBehind } from "./old-room.ts";
import { ownersOf, queueOwnOf } from "./own-chat.ts";
import { described } from "./described.ts";
import { routeSaidEarly } from "./route.ts";
import { queueRoster } from "./roster-item.ts";
import { queuePlace } from "./spaces/item.ts";
import { saidBy } from "./spaces/look.ts";
import { moveSpace } from "./spaces/move.ts";
import { livingIn, successorOf } from "./tombstone.ts";
import type { Handler } from "./turn.ts";
import { queueUpgrade } from "./upgrade-item.ts";
import type { Upgrade } from "./upgrade-item.ts";
import type { Works } from "./works.ts";

/** A room into which chats came, and those in which they were before, oldest first. */
interface Arrival {
  readonly room: string;
  readonly from: readonly string[];
  /** Aliases that were taken from one of those, and perhaps did not come here yet. */
  readonly taken?: readonly string[];
  /** How often it was asked for: who comes while it is done is seen to as well. */
  readonly asked?: number;
}

const arrivalIn = ({ payload }: Pick<Item, "payload">): Arrival => payload as unknown as Arrival;

/**
 * The chats of the old room are in the new one. What is left to do there is queued in the same commit,
 * so that it is done however often the box falls over it.
 */
export const move = async (works: Works, { old, next, from = [] }: Upgrade): Promise<void> => {
  const { box, portals } = works;
  const leaving = await livingIn(works, old);
  const announce = await commitTelling(box, async (tx, tell) => {
    const busy: Lane[] = [];
    const here: Portal[] = [];
    for (const portal of leaving) {
      const now = await tx.portals.get(portal.id);
      if (now?.room !== old || now.dead) continue;
      await portals.update(tx, portal, { room: next });
      await tx.roster.soil(portal.id, old);
      here.push({ ...portal, room: next });
      busy.push(await queueRoster(box, tx, portal.id), await releaseHead(box, tx, portal.id));
      await queueBehind(box, tx, { portal, room: old, direction: "members" });
      const logins = ownersOf(portal.chat, await tx.portals.logins(portal.id));
      busy.push(...(await queueOwnOf(box, tx, { portal: { ...portal, room: next }, logins })));
    }
    if (here.length > 0) await moveMute(tx, { room: old, next });
    for (const portal of here)
      busy.push(
        ...(await queuePlace(box, tx, portal)),
        ...(await queuePlace(box, tx, { ...portal, room: old })),
      );
    busy.push(...(await moveSpace(box, tx, { old, next })));
    busy.push(...(await routeSaidEarly(works, tx, { room: next, portals: here, tell })));
    return [...busy, await queueArrival(box, tx, { room: next, from: [...from, old] })];
  });
  await box.failpoint("upgrade.moved");
  for (const portal of leaving) {
    portals.forget(portal);
    portals.forget({ ...portal, room: next });
  }
  announce();
  box.log.info("A room was upgraded and is followed", { next, chats: leaving.length });
};

/** What the old room refused need not wait any longer. */
const releaseHead = async ({ clock }: Box, tx: Repositories, portal: PortalId): Promise<Lane> => {
  const lane: Lane = { portal, direction: "in" };
  const head = await tx.items.head(lane);
  if (head?.until === undefined) return lane;
  const hold = { until: clock.now(), why: head.why ?? "", sure: head.state === "waiting" };
  await tx.items.wait(head.id, hold);
  return lane;
};

/** One for each room: what waits already is for them too who come now. */
const queueArrival = async (box: Box, tx: Repositories, arrival: Arrival): Promise<Lane> => {
  const { room, from } = arrival;
  const lane = roomLane(room);
  const origin = `arrival:${room}`;
  const key = box.keyOf(lane.portal, origin, "");
  const at = box.clock.now();
  const known = await tx.items.byKey(key);
  if (known) {
    const before = arrivalIn(known);
    const all = [...new Set([...before.from, ...from])];
    const asked = (before.asked ?? 1) + 1;
    await tx.items.replacePayload(known.id, { ...before, from: all, asked });
    return lane;
  }
  const payload = { room, from };
  await tx.items.add({ lane, rank: 1, origin, kind: "arrival", payload, at, key });
  return lane;
};

/** Says in the new room whose it is; where that one goes on in another too, it is followed. */
export const arriveInRoom =
  (works: Works): Handler =>
  async (turn) => {
    const { box } = works;
    const { room, from, taken = [], asked } = arrivalIn(turn.item);
    const call = { class: "live", signal: turn.signal } as const;
    await turn.claim();
    await takeRest(works, room);
    await introduce(works, room, call);
    const noteTaken = (alias: string): Promise<void> =>
      box.store.commit(async (tx) => {
        const item = await tx.items.get(turn.item.id);
        if (item === undefined) return;
        const now = arrivalIn(item);
        const all = [...new Set([...(now.taken ?? []), alias])];
        await tx.items.replacePayload(item.id, { ...now, taken: all });
      });
    await bringAliases(works, { room, from, taken, noteTaken }, call);
    const next = await successorOf(works, room, call);
    const upgrade = next && { old: room, next: next.room, from };
    if (upgrade) box.wake(await box.store.commit((tx) => queueUpgrade(box, tx, upgrade)));
    return {
      end: "dropped",
      keep: async (tx) => {
        const item = await tx.items.get(turn.item.id);
        return item !== undefined && arrivalIn(item).asked !== asked;
      },
    };
  };

/** What was routed while the chats came, by somebody who did not see them yet. */
const takeRest = async (works: Works, room: string): Promise<void> => {
  const { box } = works;
  const portals = await livingIn(works, room);
  const announce = await commitTelling(box, (tx, tell) =>
    routeSaidEarly(works, tx, { room, portals, tell }),
  );
  announce();
};

const introduce = async (works: Works, room: string, call: Call): Promise<void> => {
  const { box } = works;
  const { homeserver } = box;
  const portals = await livingIn(works, room);
  const describing = portals.flatMap((portal) =>
    portal.info ? described(box, portal, { info: portal.info }) : [],
  );
  const space = await box.store.read.spaces.ofRoom(room);
  if (space) describing.push(...(await saidBy(box, box.store.read, space)));
  for (const { type, state_key: key, content } of [
    ...(await notCounted(works, { room, portals }, call)),
    ...describing,
  ])
    await homeserver.setState({ room, type, key }, content, call).catch(unlessRefused);
};

/** In a room that people made they decide whom clients count. */
const notCounted = async (
  { box }: Works,
  { room, portals }: { readonly room: string; readonly portals: readonly Portal[] },
  call: Call,
): Promise<readonly RoomState[]> => {
  if (portals.every(({ origin }) => origin === "plumbed")) return [];
  const { bot } = box.homeserver;
  const { type, state_key: key } = functionalMembers(bot);
  return [functionalMembers(bot, await box.homeserver.getState({ room, type, key }, call))];
};

const unlessRefused = (error: unknown): void => {
  if (!(error instanceof MatrixError) || error.status !== 403) throw error;
};
