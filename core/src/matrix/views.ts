import type { Asking } from "./asking.ts";
import { notMatrix } from "./fault.ts";
import { isObject, textAt } from "./parse.ts";
import type { Homeserver, JsonObject, RoomView, Views } from "./types.ts";

const unreadTypes: readonly unknown[] = ["m.marked_unread", "com.famedly.marked_unread"];

/** Nothing of it but what somebody keeps for themselves about rooms. */
const filter = JSON.stringify({
  presence: { types: [] },
  account_data: { types: ["m.push_rules"] },
  room: {
    state: { types: [] },
    timeline: { types: [], limit: 1 },
    ephemeral: { types: [] },
    account_data: { types: ["m.tag", ...unreadTypes] },
  },
});

/** How the acting user sees rooms, by a `/sync` that waits for nothing (§ "Syncing"). */
export const readViewsOver =
  ({ ask }: Asking): Homeserver["readViews"] =>
  async (since, call) => {
    const does = "read how somebody sees rooms";
    const query = { filter, since, timeout: "0", set_presence: "offline" };
    const path = "/_matrix/client/v3/sync";
    const answer = await ask({ does, method: "GET", path, query }, call);
    const next = textAt(answer, "next_batch");
    if (next === undefined) throw notMatrix(does, "the answer has no next_batch", 200);
    const muted = mutedIn(eventsOf(answer));
    return { next, rooms: roomsIn(answer), ...(muted === undefined ? {} : { muted }) };
  };

const eventsOf = (of: JsonObject): readonly JsonObject[] => {
  const data = of["account_data"];
  const events = isObject(data) ? data["events"] : undefined;
  return Array.isArray(events) ? events.filter(isObject) : [];
};

const roomsIn = (answer: JsonObject): Views["rooms"] => {
  const { rooms } = answer;
  const joined = isObject(rooms) && isObject(rooms["join"]) ? rooms["join"] : {};
  const seen = new Map<string, RoomView>();
  for (const [room, of] of Object.entries(joined)) {
    const view = isObject(of) ? viewOf(eventsOf(of)) : {};
    if (Object.keys(view).length > 0) seen.set(room, view);
  }
  return seen;
};

const viewOf = (events: readonly JsonObject[]): RoomView => {
  let view: RoomView = {};
  for (const { type, content } of events) {
    if (!isObject(content)) continue;
    const { tags } = content;
    if (type === "m.tag") view = { ...view, tags: isObject(tags) ? Object.keys(tags) : [] };
    if (unreadTypes.includes(type)) view = { ...view, unread: content["unread"] === true };
  }
  return view;
};

/** Clients mute a room by a rule with its id for a name: of its own kind, or before all others. */
const mutedIn = (events: readonly JsonObject[]): ReadonlySet<string> | undefined => {
  const content = events.find(({ type }) => type === "m.push_rules")?.["content"];
  const global = isObject(content) ? content["global"] : undefined;
  if (!isObject(global)) return undefined;
  const rules = ["override", "room"].flatMap((kind) => {
    const list = global[kind];
    return Array.isArray(list) ? list.filter(isObject) : [];
  });
  const muted = rules.filter((rule) => rule["enabled"] !== false && isSilent(rule["actions"]));
  return new Set(muted.flatMap((rule) => textAt(rule, "rule_id") ?? []));
};

/** No action, or the one that means that (`dont_notify`, deprecated since v1.7). */
export const isSilent = (actions: unknown): boolean =>
  Array.isArray(actions) && actions.every((action) => action === "dont_notify");
