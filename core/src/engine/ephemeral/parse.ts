import type { Json, Millis } from "../../adapter/index.ts";
import type { Ephemeral, JsonObject } from "../../matrix/types.ts";
import type { Presence } from "./presence-to-network.ts";
import type { Receipt } from "./receipts-to-network.ts";

/** More people than type in one room at once, and more receipts than one push has. */
const most = 100;
const mostReceipts = 1000;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** `m.typing`: the room and everybody who types there. */
export const typingOf = ({
  room,
  content,
}: Ephemeral): { readonly room: string; readonly users: readonly string[] } | undefined => {
  const users: unknown = content["user_ids"];
  if (room === undefined || !Array.isArray(users)) return undefined;
  return { room, users: users.filter((user) => typeof user === "string").slice(0, most) };
};

/** `m.receipt`: only `m.read`, of the whole room and of threads alike. */
export const receiptsOf = ({ room, content }: Ephemeral): readonly Receipt[] => {
  const found: Receipt[] = [];
  if (room === undefined) return found;
  for (const [event, kinds] of Object.entries(content)) {
    const read = isObject(kinds) ? kinds["m.read"] : undefined;
    if (!isObject(read)) continue;
    for (const [user, facts] of Object.entries(read)) {
      if (found.length >= mostReceipts) return found;
      const ts: unknown = isObject(facts) ? facts["ts"] : undefined;
      found.push({ room, user, event, ts: typeof ts === "number" ? ts : 0 });
    }
  }
  return found;
};

const states: ReadonlyMap<Json | undefined, Presence["state"]> = new Map([
  ["online", "online"],
  ["unavailable", "away"],
  ["offline", "offline"],
]);

/** `m.presence`. */
export const presenceOf = ({ sender, content }: Ephemeral): Presence | undefined => {
  const { presence, status_msg: text } = content;
  const state = states.get(presence);
  if (sender === undefined || state === undefined) return undefined;
  return { user: sender, state, text: typeof text === "string" && text !== "" ? text : undefined };
};

/** Longer ago than that nobody types any more, in milliseconds. */
const stale: Millis = 30_000;

/** Whether what came with something that old is over by now. */
export const isOver = (behind: Millis): boolean => behind > stale;
