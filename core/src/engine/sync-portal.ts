import type { Batch, Millis, StateEvent } from "../adapter/index.ts";
import { BridgeError } from "../adapter/index.ts";
import type { Lane, Portal, Repositories } from "../store/types.ts";
import { absorb } from "./absorb.ts";
import { listAgain } from "./list-item.ts";
import { queuePicture } from "./picture-item.ts";
import { networkOf, viewOf } from "./portals.ts";
import { guardLevels } from "./room-levels.ts";
import { queueRoster } from "./roster-item.ts";
import { commitTelling } from "./telling.ts";
import type { Works } from "./works.ts";

/** What was read of a chat, and of how many people: 0 where it tells of some only. */
export interface Read {
  readonly name: string | undefined;
  readonly members: number;
}

/**
 * Reads anew what a chat is and who is in it, as the network tells now, and has its room put right. Nothing
 * is written where nothing differs. Where rooms show more people than those who speak, they are listed
 * again, at the pace of all lists.
 * @throws BridgeError where no login that is in the chat is connected.
 */
export const syncPortal = async (
  works: Works,
  portal: Portal,
  signal: AbortSignal,
): Promise<Read> => {
  const { box, portals } = works;
  const live = networkOf(box, portal);
  const view = live && (await viewOf(box, portal));
  if (!live || !view)
    throw new BridgeError(
      "network",
      `${portal.network} ${portal.chat.id} was not read: no login of that network is connected. Try again when one is.`,
      { reached: "no", scope: "item" },
    );
  const {
    members: told,
    membersComplete,
    ...info
  } = await box.connections.call(view.row.id, "describe", portal.chat, signal);
  const base = { chat: portal.chat, at: box.clock.now() };
  const events: StateEvent[] = [{ ...base, kind: "chat", info }];
  if (told)
    events.push({ ...base, kind: "members", list: told, complete: membersComplete === true });
  const batch: Batch = { events, seenBy: [view.row.id] };
  const announce = await commitTelling(box, async (tx, tell) => {
    const lanes: Lane[] = [];
    for (const event of events)
      lanes.push(...(await absorb(works, tx, { live, batch, event, portal, counts: true, tell })));
    if (portal.room !== undefined) {
      lanes.push(await queueChat(works, tx, { portal, at: base.at }));
      lanes.push(...(await listAgain(box, tx, portal)));
      await tx.roster.soil(portal.id, portal.room);
      lanes.push(await queueRoster(box, tx, portal.id));
      lanes.push(...(await guardLevels(box, tx, portal)));
      if (info.avatar) lanes.push(await queuePicture(box, tx, { portal: portal.id }));
    }
    return lanes;
  });
  portals.forget(portal);
  announce();
  return { name: info.name, members: membersComplete === true ? (told?.length ?? 0) : 0 };
};

/** Also where the network tells nothing new: somebody may have renamed the room. */
const queueChat = async (
  { box }: Works,
  tx: Repositories,
  { portal, at }: { readonly portal: Portal; readonly at: Millis },
): Promise<Lane> => {
  const lane: Lane = { portal: portal.id, direction: "in" };
  const origin = `sync:${at}`;
  const key = box.keyOf(portal.id, origin, "");
  const payload = { kind: "chat", at };
  if (!(await tx.items.byKey(key)))
    await tx.items.add({ lane, rank: 1, origin, kind: "chat", payload, at, key });
  return lane;
};
