import type { NetworkId } from "../adapter/index.ts";
import { textAt } from "../matrix/parse.ts";
import type { MatrixEvent } from "../matrix/types.ts";
import { talkLane } from "./control.ts";
import { noticeContent } from "./notice-content.ts";
import { rememberTalk, talkRoom } from "./onboard.ts";
import { isRefusal } from "./refusal.ts";
import { say } from "./to-matrix/send.ts";
import type { Handler, Settlement, Turn } from "./turn.ts";
import type { Works } from "./works.ts";

/** For whom a room without encryption was wanted last: the room that they had made, by the person. */
const scope = "greet";

const cannotRead = "I cannot read encrypted messages yet, so I read nothing here.";

/**
 * Somebody made a room for themselves and the bot, and the bot is in it: its first line says what can be
 * said there. In an encrypted one it reads nothing, so it says that, and they are asked into another.
 */
export const greet = async (
  works: Works,
  turn: Turn,
  { sender, room_id: room, event_id: origin }: MatrixEvent,
): Promise<Settlement> => {
  if (!(await isEncrypted(works, turn, room))) {
    await sayIn(works, turn, room, hello(works, sender));
    return { end: "dropped", write: (tx) => rememberTalk(tx, sender, room) };
  }
  const body = `${cannotRead} I ask you into a room of the two of us without encryption.`;
  await sayIn(works, turn, room, body);
  const { box } = works;
  const lane = talkLane(sender);
  await box.store.commit(async (tx) => {
    if ((await tx.keys.get(scope, sender)) === room) return;
    await tx.keys.set(scope, sender, room, false);
    const key = box.keyOf(lane.portal, origin, scope);
    const item = { lane, rank: 1, origin, kind: "greet", payload: { user: sender } } as const;
    await tx.items.add({ ...item, at: box.clock.now(), key });
  });
  box.wake(lane);
  return { end: "dropped" };
};

/** Asks a person into their own room with the bot, which is made if there is none. */
export const greetInClear =
  (works: Works): Handler =>
  async (turn) => {
    const { user } = turn.item.payload as { readonly user: string };
    const { homeserver, networks } = works.box;
    const [network] = networks.keys();
    if (network === undefined) return { end: "dropped" };
    const room = await talkRoom(works, turn, { user, network });
    const call = { class: "live", signal: turn.signal } as const;
    const member = await homeserver.getState({ room, type: "m.room.member", key: user }, call);
    if (!["invite", "join"].includes(textAt(member ?? {}, "membership") ?? ""))
      await homeserver.invite(room, user, call).catch(unlessRefused);
    const closed = await isEncrypted(works, turn, room);
    const elsewhere = `${cannotRead} Make a room without encryption and invite me there.`;
    await sayIn(works, turn, room, closed ? elsewhere : hello(works, user));
    return { end: "dropped" };
  };

/** Somebody whom that room does not take reads it in the encrypted one. */
const unlessRefused = (error: unknown): void => {
  if (!isRefusal(error)) throw error;
};

const isEncrypted = async ({ box }: Works, { signal }: Turn, room: string): Promise<boolean> => {
  const at = { room, type: "m.room.encryption", key: "" };
  return (await box.homeserver.getState(at, { class: "live", signal })) !== undefined;
};

const sayIn = (works: Works, turn: Turn, room: string, body: string): Promise<string> => {
  const as = works.box.homeserver.bot;
  return say(works, turn, { room, as, type: "m.room.message", content: noticeContent(body) });
};

const hello = ({ box: { networks, settings } }: Works, person: string): string => {
  const names = [...networks.values()].map(({ settings: { id, adapter } }) =>
    id === adapter.id ? adapter.name : `${adapter.name} (${id})`,
  );
  const [some] = networks.keys();
  const first = `Hello! I bridge chats of other networks into Matrix: ${names.join(", ")}.`;
  if (!settings.permits(person, "user") || some === undefined)
    return `${first} "help" lists what you can tell me here.`;
  const own: NetworkId | "<network>" = networks.size === 1 ? some : "<network>";
  return [
    first,
    `  login ${own} – to use your own account there`,
    `  join ${own} <chat> – for the room of a chat`,
    "  help – for everything else that you can tell me here",
  ].join("\n");
};
