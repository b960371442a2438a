import type { MatrixEvent } from "../matrix/types.ts";
import { noticeContent } from "./notice-content.ts";
import { say } from "./to-matrix/send.ts";
import type { Turn } from "./turn.ts";
import type { Works } from "./works.ts";

const inClear =
  "I cannot read encrypted messages yet, so I read nothing here. Make a room without encryption and invite me there.";

/**
 * The first line in a person's own room with the bot: what can be said there, or that nothing that is
 * said there can be read.
 */
export const greet = async (works: Works, turn: Turn, event: MatrixEvent): Promise<void> => {
  const { homeserver } = works.box;
  const call = { class: "live", signal: turn.signal } as const;
  const at = { room: event.room_id, type: "m.room.encryption", key: "" };
  const isEncrypted = (await homeserver.getState(at, call)) !== undefined;
  const body = isEncrypted ? inClear : hello(works, event.sender);
  const content = noticeContent(body);
  await say(works, turn, {
    room: event.room_id,
    as: homeserver.bot,
    type: "m.room.message",
    content,
  });
};

const hello = ({ box: { networks, settings } }: Works, person: string): string => {
  const names = [...networks.values()].map(({ settings: { id, adapter } }) =>
    id === adapter.id ? adapter.name : `${adapter.name} (${id})`,
  );
  const [some] = networks.keys();
  const first = `Hello! I bridge chats of other networks into Matrix: ${names.join(", ")}.`;
  if (!settings.permits(person, "user") || some === undefined)
    return `${first} "help" lists what you can tell me here.`;
  const own = networks.size === 1 ? some : "<network>";
  return [
    first,
    `  login ${own} – to use your own account there`,
    `  join ${own} <chat> – for the room of a chat`,
    "  help – for everything else that you can tell me here",
  ].join("\n");
};
