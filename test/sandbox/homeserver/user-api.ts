import { assertSelf } from "./assert-self.ts";
import { notFound } from "./errors.ts";
import { integerAt, optionalText, type Json } from "./json.ts";
import { route, type Route, type UserCall } from "./router.ts";
import { sync } from "./sync.ts";
import type { World } from "./world.ts";

const V3 = "/_matrix/client/v3";

/** What belongs to one user: sync, filters, account data, typing, receipts, presence. */
export function userRoutes(world: World): Route[] {
  return [
    route("GET", `${V3}/sync`, (call) => sync(world, call)),
    route("POST", `${V3}/user/:user/filter`, (call) => {
      assertSelf(call);
      return { filter_id: world.userData.addFilter(call.json()) };
    }),
    route("GET", `${V3}/user/:user/filter/:filter`, (call) => {
      assertSelf(call);
      const filter = world.userData.filter(call.params["filter"] ?? "");
      if (!filter) throw notFound("No such filter");
      return filter;
    }),
    ...["", "/rooms/:room"].flatMap((scope) => accountDataRoutes(world, scope)),
    route("PUT", `${V3}/rooms/:room/typing/:user`, (call) => typing(world, call)),
    route("POST", `${V3}/rooms/:room/receipt/:kind/:event`, (call) => {
      return receipt(world, call, { [call.params["kind"] ?? ""]: call.params["event"] ?? "" });
    }),
    route("POST", `${V3}/rooms/:room/read_markers`, (call) => receipt(world, call, call.json())),
    route("GET", `${V3}/presence/:user/status`, (call) => {
      return world.ephemeral.presenceOf(call.params["user"] ?? "");
    }),
    route("PUT", `${V3}/presence/:user/status`, (call) => {
      assertSelf(call);
      const body = call.json();
      const presence = optionalText(body, "presence") ?? "online";
      const status = optionalText(body, "status_msg");
      const content = { presence, currently_active: presence === "online" };
      const message = status === undefined ? {} : { status_msg: status };
      world.ephemeral.presence(call.requester.userId, { ...content, ...message });
      return {};
    }),
  ];
}

function accountDataRoutes(world: World, scope: string): Route[] {
  const path = `${V3}/user/:user${scope}/account_data/:type`;
  const at = (call: UserCall): { roomId: string; type: string } => {
    assertSelf(call);
    return { roomId: call.params["room"] ?? "", type: call.params["type"] ?? "" };
  };
  return [
    route("PUT", path, (call) => {
      world.userData.set(call.requester.userId, at(call), call.json());
      return {};
    }),
    route("GET", path, (call) => {
      const content = world.userData.get(call.requester.userId, at(call));
      if (!content) throw notFound("Account data not found");
      return content;
    }),
  ];
}

function typing(world: World, call: UserCall): Json {
  assertSelf(call);
  const room = world.rooms.joinedBy(call.requester.userId, call.params["room"] ?? "");
  const body = call.json();
  const timeout = Math.min(integerAt(body, "timeout", 30_000), 120_000);
  world.ephemeral.typing(
    room,
    call.requester.userId,
    body["typing"] === true ? timeout : undefined,
  );
  return {};
}

const RECEIPT_KINDS = ["m.read", "m.read.private"];

function receipt(world: World, call: UserCall, marks: Json): Json {
  const { userId } = call.requester;
  const room = world.rooms.joinedBy(userId, call.params["room"] ?? "");
  for (const kind of RECEIPT_KINDS) {
    const eventId = optionalText(marks, kind);
    if (eventId !== undefined) world.ephemeral.receipt(room, userId, { eventId, kind });
  }
  const fullyRead = optionalText(marks, "m.fully_read");
  if (fullyRead !== undefined) {
    world.userData.set(userId, { roomId: room.id, type: "m.fully_read" }, { event_id: fullyRead });
  }
  return {};
}
