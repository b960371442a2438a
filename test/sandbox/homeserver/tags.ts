import { assertSelf } from "./assert-self.ts";
import { objectAt, type Json } from "./json.ts";
import { route, type Route, type UserCall } from "./router.ts";
import type { World } from "./world.ts";

const TAGS = "/_matrix/client/v3/user/:user/rooms/:room/tags";

/** Room tags: account data of a room, under a form of its own. */
export function tagRoutes(world: World): Route[] {
  const at = (call: UserCall): { userId: string; roomId: string; type: string } => {
    assertSelf(call);
    return {
      userId: call.requester.userId,
      roomId: call.params["room"] ?? "",
      type: "m.tag",
    };
  };
  const tagsOf = (call: UserCall): Json => {
    const { userId, ...place } = at(call);
    return objectAt(world.userData.get(userId, place) ?? {}, "tags");
  };
  const put = (call: UserCall, tags: Json): Json => {
    const { userId, ...place } = at(call);
    world.userData.set(userId, place, { tags });
    return {};
  };
  return [
    route("GET", TAGS, (call) => ({ tags: tagsOf(call) })),
    route("PUT", `${TAGS}/:tag`, (call) =>
      put(call, { ...tagsOf(call), [call.params["tag"] ?? ""]: call.json() }),
    ),
    route("DELETE", `${TAGS}/:tag`, (call) => {
      const { [call.params["tag"] ?? ""]: _gone, ...others } = tagsOf(call);
      return put(call, others);
    }),
  ];
}
