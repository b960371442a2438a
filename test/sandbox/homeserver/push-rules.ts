import { badJson, badRequest, notFound } from "./errors.ts";
import { isObject, objectAt, type Json } from "./json.ts";
import { route, type Route, type UserCall } from "./router.ts";
import type { World } from "./world.ts";

const RULE = "/_matrix/client/v3/pushrules/global/room/:rule";
const PLACE = { roomId: "", type: "m.push_rules" };
const KINDS = ["override", "content", "room", "sender", "underride"];

/** Push rules of rooms, by which people mute them; the server's own rules are left out. */
export function pushRoutes(world: World): Route[] {
  const rulesOf = (userId: string): Json[] => {
    const { room } = objectAt(world.userData.get(userId, PLACE) ?? {}, "global");
    return Array.isArray(room) ? room.filter(isObject) : [];
  };
  const put = (userId: string, room: Json[]): Json => {
    const none = Object.fromEntries(KINDS.map((kind) => [kind, []]));
    world.userData.set(userId, PLACE, { global: { ...none, room } });
    return {};
  };
  const split = (call: UserCall): { rule: Json | undefined; id: string; others: Json[] } => {
    const id = call.params["rule"] ?? "";
    const rules = rulesOf(call.requester.userId);
    return {
      id,
      rule: rules.find(({ rule_id }) => rule_id === id),
      others: rules.filter(({ rule_id }) => rule_id !== id),
    };
  };
  return [
    route("GET", RULE, (call) => {
      const { rule } = split(call);
      if (!rule) throw notFound();
      return rule;
    }),
    route("PUT", RULE, (call) => {
      const { id, others } = split(call);
      const { actions } = call.json();
      if (actions === undefined) throw badRequest("M_MISSING_PARAM", "Missing 'actions' key");
      if (!Array.isArray(actions)) throw badJson("Actions are no list", "M_INVALID_PARAM");
      const rule = { rule_id: id, default: false, enabled: true, actions };
      return put(call.requester.userId, [rule, ...others]);
    }),
    route("DELETE", RULE, (call) => {
      const { rule, others } = split(call);
      if (!rule) throw notFound();
      return put(call.requester.userId, others);
    }),
  ];
}
