import type { NetworkId } from "../adapter/index.ts";
import { MatrixError } from "../matrix/types.ts";
import type { Call } from "../matrix/types.ts";
import type { Lane, Portal, Repositories } from "../store/types.ts";
import { liveLogin } from "./box.ts";
import type { Box } from "./box.ts";
import { talkLane } from "./control.ts";
import { talkRoom } from "./onboard.ts";
import { duration } from "./sentences.ts";
import { livingIn } from "./tombstone.ts";
import { say } from "./to-matrix/send.ts";
import type { Handler } from "./turn.ts";
import { patience } from "./upgrade-item.ts";
import type { Upgrade } from "./upgrade-item.ts";
import type { Works } from "./works.ts";

/** Of which room it was told that it goes on where the bot may not come. */
const scope = "left-behind";

/** More people than that are not written to about one room. */
const mostPeople = 20;

/** What one of them is told. */
interface Note {
  readonly user: string;
  readonly network: NetworkId;
  /** As people know the chat. */
  readonly chat: string;
  readonly next: string;
}

/** Whether it is known that we may not come into the room in which that one goes on. */
export const isLeftBehind = async ({ store }: Box, { old, next }: Upgrade): Promise<boolean> =>
  (await store.read.keys.get(scope, old)) === next;

/**
 * A room goes on where we may not come: that is said in it, once, and where it lets nobody speak any
 * more, to each of the people by whose logins its chats are read, else to the admins. A space is only
 * noted: nobody reads what is said in one.
 */
export const tellLeftBehind = async (
  works: Works,
  { old, next }: Upgrade,
  call: Call,
): Promise<void> => {
  const { box } = works;
  if (await isLeftBehind(box, { old, next })) return;
  const said = (await livingIn(works, old)).length === 0 || (await sayIn(box, old, call));
  const left = said ? [] : await livingIn(works, old);
  const lanes = await box.store.commit(async (tx) => {
    const busy: Lane[] = [];
    for (const portal of left)
      for (const user of await peopleBehind(box, tx, portal))
        busy.push(await queueNote(box, tx, { ...noteOf(portal, next), user }));
    await tx.keys.set(scope, old, next, false);
    return busy;
  });
  for (const lane of lanes) box.wake(lane);
};

/** False: it lets us say nothing any more. */
const sayIn = async (box: Box, room: string, call: Call): Promise<boolean> => {
  const { homeserver } = box;
  const body =
    `This room is not bridged any further: I may not enter the room in which it goes on. ` +
    `Invite ${homeserver.bot} there, and it is bridged there.`;
  const content = { msgtype: "m.notice", body };
  const txn = box.keyOf(talkLane(room).portal, `upgrade:${room}`, "");
  try {
    await homeserver.send({ room, type: "m.room.message", content, txn }, call);
    return true;
  } catch (error) {
    if (!(error instanceof MatrixError) || error.status !== 403) throw error;
    return false;
  }
};

const peopleBehind = async (
  box: Box,
  tx: Repositories,
  portal: Portal,
): Promise<readonly string[]> => {
  const logins = await tx.portals.logins(portal.id);
  const owners = logins.map((id) => liveLogin(box, id)?.row.owner);
  const people = new Set(owners.filter((owner) => owner !== undefined));
  return (people.size > 0 ? [...people] : box.settings.admins).slice(0, mostPeople);
};

const noteOf = ({ network, chat, info }: Portal, next: string): Omit<Note, "user"> => ({
  network,
  chat: info?.name ?? chat.id,
  next,
});

const queueNote = async (box: Box, tx: Repositories, note: Note): Promise<Lane> => {
  const lane = talkLane(note.user);
  const at = box.clock.now();
  const origin = `${scope}:${note.network}:${note.chat}:${note.user}`;
  const key = box.keyOf(lane.portal, origin, note.next);
  const payload = { ...note };
  if (!(await tx.items.byKey(key)))
    await tx.items.add({ lane, rank: 1, origin, kind: "leftBehind", payload, at, key });
  return lane;
};

/** Says it in the person's own room with the bot. */
export const leftBehind =
  (works: Works): Handler =>
  async (turn) => {
    const { user, network, chat, next } = turn.item.payload as unknown as Note;
    const { bot } = works.box.homeserver;
    const name = works.box.networks.get(network)?.settings.adapter.name ?? network;
    const room = await talkRoom(works, turn, { user, network });
    const body =
      `What is said in ${chat} on ${name} is not shown on Matrix any more: its room was upgraded, and I ` +
      `may not enter the room in which it goes on. Invite ${bot} to ${next}, and it is shown there, with ` +
      `what was said in the last ${duration(patience)}. I say this once.`;
    const content = { msgtype: "m.notice", body };
    await say(works, turn, { room, as: bot, type: "m.room.message", content });
    return { end: "dropped" };
  };
