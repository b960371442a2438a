import type { NetworkId } from "../../adapter/index.ts";
import { MatrixError } from "../../matrix/types.ts";
import type { Call, JsonObject } from "../../matrix/types.ts";
import type { Box } from "../box.ts";
import type { Handler } from "../turn.ts";
import type { Works } from "../works.ts";
import { spacesAbove } from "./above.ts";
import type { Above } from "./above.ts";
import { closedKey, closingAmong, closingOf } from "./closing.ts";
import type { About } from "./item.ts";
import { hasSpaces, queueUnspace } from "./item.ts";
import { connectedKey, knowAbove } from "./know.ts";
import { endPlacing, placingOf, putPlacing } from "./placing.ts";

/** Where nobody of a network could tell where a room stands, it is asked again, in milliseconds. */
const patience = 3_600_000;
/** Where somebody is there and could not tell, likewise. */
const soon = 60_000;

/** A room is put into the spaces it belongs to, and taken out of the others. */
export const placeRoom =
  (works: Works): Handler =>
  async (turn) => {
    const { room } = turn.item.payload as unknown as About;
    const { box, spaces } = works;
    const before = connectedTo(box);
    const silent = await knowAbove(works, room, turn.signal);
    if (silent !== undefined) {
      const there = before.has(silent);
      return {
        end: "parked",
        key: connectedKey(silent),
        until: turn.now() + (there ? soon : patience),
        // Somebody may have come while it was found out that nobody was there.
        still: () => Promise.resolve(there || !connectedTo(box).has(silent)),
      };
    }
    const wanted = await spacesAbove(box, box.store.read, room);
    const closing = await closingAmong(box.store.read, wanted);
    if (closing !== undefined) {
      // Its closing may have failed, and nothing else begins it again.
      box.wake(await box.store.commit((tx) => queueUnspace(box, tx, closing)));
      return {
        end: "parked",
        key: closedKey(closing),
        until: turn.now() + soon,
        still: async (tx) => (await closingOf(tx, closing)) !== undefined,
      };
    }
    await turn.claim();
    const call = { class: "roster", signal: turn.signal } as const;
    let isGone = false;
    const known = new Set(await box.store.read.spaces.above(room));
    const begun = await placingOf(box.store.read, room);
    const kept = new Set<string>();
    for (const above of wanted) {
      const space = await spaces.ensure(above);
      if (space === undefined) continue;
      kept.add(space);
      if (known.has(space)) continue;
      isGone = !(await putIn(works, { space, room, told: above.told }, call)) || isGone;
    }
    for (const space of new Set([...known, ...begun]))
      if (!kept.has(space)) await takeOutOf(works, { space, room }, call);
    return {
      end: "dropped",
      keep: async (tx) => isGone || !same(wanted, await spacesAbove(box, tx, room)),
    };
  };

/** The networks of which a login can be asked. */
const connectedTo = (box: Box): ReadonlySet<NetworkId> =>
  new Set(
    [...box.networks].flatMap(([id, { logins }]) =>
      [...logins.values()].some((one) => one.connection && one.state === "connected") ? [id] : [],
    ),
  );

const same = (one: readonly Above[], other: readonly Above[]): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

interface Place {
  readonly space: string;
  readonly room: string;
}

/** Spec: Client-Server API, `m.space.child` and `m.space.parent`. False: that space was closed meanwhile. */
const putIn = async (
  works: Works,
  { space, room, told }: Place & { readonly told: boolean },
  call: Call,
): Promise<boolean> => {
  const { box } = works;
  const via = [box.homeserver.domain];
  await box.store.commit((tx) => putPlacing(tx, room, space));
  await box.failpoint("space.before-child");
  await write(works, { room: space, type: "m.space.child", key: room }, { via }, call);
  if (told) {
    const content = { via, canonical: true };
    await write(works, { room, type: "m.space.parent", key: space }, content, call);
  }
  await box.failpoint("space.after-child");
  const isThere = await box.store.commit(async (tx) => {
    if ((await tx.spaces.ofRoom(space)) === undefined) return false;
    await tx.spaces.link(space, room);
    await endPlacing(tx, room, space);
    return true;
  });
  if (!isThere) await takeOutOf(works, { space, room }, call);
  return isThere;
};

/** Where spaces were turned off, what stands there stays. */
export const takeOutOf = async (
  works: Works,
  { space, room }: Place,
  call: Call,
): Promise<void> => {
  const { box } = works;
  const whose = await box.store.read.spaces.ofRoom(space);
  if (whose && box.networks.has(whose.network) && !hasSpaces(box, whose)) return;
  await write(works, { room: space, type: "m.space.child", key: room }, {}, call);
  await write(works, { room, type: "m.space.parent", key: space }, {}, call);
  await box.store.commit(async (tx) => {
    await tx.spaces.unlink(space, room);
    await endPlacing(tx, room, space);
  });
};

/** Compared first. What the homeserver refuses, because people arranged it otherwise, stays as it is. */
const write = async (
  { box: { homeserver, log } }: Works,
  at: { readonly room: string; readonly type: string; readonly key: string },
  content: JsonObject,
  call: Call,
): Promise<void> => {
  try {
    const before = await homeserver.getState(at, call);
    if (JSON.stringify(before ?? {}) === JSON.stringify(content)) return;
    await homeserver.setState(at, content, call);
  } catch (error) {
    if (!(error instanceof MatrixError) || (error.status !== 403 && error.status !== 404))
      throw error;
    log.info("Where a room stands was not written", { ...at, why: error.message });
  }
};
