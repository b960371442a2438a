import type { Call, Homeserver, JsonObject, Views } from "../matrix/types.ts";
import type { Called } from "./scripted-call.ts";

type View = Pick<
  Homeserver,
  "getAccountData" | "setAccountData" | "getTags" | "setTag" | "isMuted" | "setMuted" | "readViews"
>;

/** Runs what was called, as the homeserver runs everything: noted, refused or lost where a test wants. */
export type Doing = <T>(
  op: Called["op"],
  call: Call,
  what: JsonObject,
  work: () => T,
) => Promise<T>;

/** What people keep for themselves, in memory. */
export const scriptedView = (
  doing: Doing,
): View & { readonly kept: Map<string, JsonObject>; readonly seen: Views[] } => {
  const kept = new Map<string, JsonObject>();
  const placeOf = (call: Call, ...at: readonly string[]): string => [call.as, ...at].join(" ");
  const tagsAt = (call: Call, room: string): JsonObject =>
    kept.get(placeOf(call, "tags", room)) ?? {};
  const seen: Views[] = [];
  return {
    kept,
    seen,
    readViews: (since, call) =>
      doing("readViews", call, { since: since ?? "" }, () => {
        return seen.shift() ?? { next: since ?? "start", rooms: new Map() };
      }),
    getAccountData: ({ type, room = "" }, call) =>
      doing("getAccountData", call, { type, room }, () => kept.get(placeOf(call, type, room))),
    setAccountData: ({ type, room = "" }, content, call) =>
      doing("setAccountData", call, { type, room, content }, () => {
        kept.set(placeOf(call, type, room), content);
      }),
    getTags: (room, call) => doing("getTags", call, { room }, () => tagsAt(call, room)),
    setTag: (room, tag, on, call) =>
      doing("setTag", call, { room, tag, on }, () => {
        const { [tag]: _gone, ...others } = tagsAt(call, room);
        kept.set(placeOf(call, "tags", room), on ? { ...others, [tag]: {} } : others);
      }),
    isMuted: (room, call) =>
      doing("isMuted", call, { room }, () => kept.has(placeOf(call, "muted", room))),
    setMuted: (room, on, call) =>
      doing("setMuted", call, { room, on }, () => {
        if (on) kept.set(placeOf(call, "muted", room), {});
        else kept.delete(placeOf(call, "muted", room));
      }),
  };
};
