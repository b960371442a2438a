import { randomBytes } from "node:crypto";
import type { Appservice } from "./appservices.ts";
import { ROOM_VERSIONS } from "./create-room.ts";
import { ApiError, badRequest, forbidden } from "./errors.ts";
import { objectAt, optionalText, requiredText, type Json } from "./json.ts";
import type { ProfileField } from "./profiles.ts";
import { openRoute, route, type Call, type Reply, type Route, type UserCall } from "./router.ts";
import type { World } from "./world.ts";

const V3 = "/_matrix/client/v3";
const APPSERVICE_TYPE = "m.login.application_service";
const VERSIONS = ["r0.6.1", ...Array.from({ length: 12 }, (_none, minor) => `v1.${minor + 1}`)];

/** What the server is, accounts, and profiles. */
export function accountRoutes(world: World): Route[] {
  return [
    openRoute("GET", "/_matrix/client/versions", () => ({
      versions: VERSIONS,
      unstable_features: {},
    })),
    openRoute("POST", `${V3}/register`, (call) => register(world, call)),
    openRoute("GET", `${V3}/register/available`, ({ query }) => {
      assertFree(world, query.get("username") ?? "");
      return { available: true };
    }),
    openRoute("GET", `${V3}/login`, () => ({
      flows: [{ type: "m.login.password" }, { type: APPSERVICE_TYPE }],
    })),
    openRoute("POST", `${V3}/login`, (call) => login(world, call)),
    route("POST", `${V3}/logout`, (call) => {
      world.accounts.closeDevice(call.token() ?? "");
      return {};
    }),
    route("GET", `${V3}/account/whoami`, ({ requester }) => ({
      user_id: requester.userId,
      is_guest: false,
      ...(requester.deviceId === undefined ? {} : { device_id: requester.deviceId }),
    })),
    route("GET", `${V3}/capabilities`, () => ({
      capabilities: {
        "m.room_versions": {
          default: ROOM_VERSIONS.default,
          available: Object.fromEntries(
            ROOM_VERSIONS.available.map((version) => [version, "stable"]),
          ),
        },
        "m.change_password": { enabled: true },
      },
    })),
    route("PUT", `${V3}/devices/:device`, (call) => putDevice(world, call)),
    openRoute("GET", `${V3}/profile/:user`, ({ params }) =>
      world.profiles.get(params["user"] ?? ""),
    ),
    ...(["displayname", "avatar_url"] as const).flatMap((field) => profileRoutes(world, field)),
  ];
}

function profileRoutes(world: World, field: ProfileField): Route[] {
  const path = `${V3}/profile/:user/${field}`;
  return [
    openRoute("GET", path, ({ params }) => {
      const value = world.profiles.get(params["user"] ?? "")[field];
      return value === undefined ? {} : { [field]: value };
    }),
    route("PUT", path, (call) => {
      const value = optionalText(call.json(), field) ?? "";
      world.profiles.set(call.requester.userId, call.params["user"] ?? "", { field, value });
      return {};
    }),
  ];
}

function register(world: World, call: Call): Reply {
  const body = call.json();
  const username = optionalText(body, "username")?.toLowerCase();
  if (body["type"] === APPSERVICE_TYPE) return registerGhost(world, call, body);
  const wanted = username ?? randomBytes(6).toString("hex");
  assertFree(world, wanted);
  if (objectAt(body, "auth")["type"] !== "m.login.dummy") {
    const session = randomBytes(12).toString("base64url");
    return { status: 401, body: { session, flows: [{ stages: ["m.login.dummy"] }], params: {} } };
  }
  const userId = world.accounts.create(wanted, optionalText(body, "password"));
  world.profiles.open(userId, wanted);
  return opened(world, userId, body);
}

/** M_USER_IN_USE or M_EXCLUSIVE, before anything else is asked of a newcomer. */
function assertFree(world: World, localpart: string): void {
  const userId = world.accounts.userId(localpart);
  if (!/^[a-z0-9\-./=+][a-z0-9_\-./=+]*$/.test(localpart)) {
    throw badRequest(
      "M_INVALID_USERNAME",
      "User ID may only hold a-z, 0-9, or '=_-./+', not _ first",
    );
  }
  if (world.accounts.exists(userId)) throw badRequest("M_USER_IN_USE", "User ID already taken.");
  if (world.appservices.exclusiveOwner("users", userId)) {
    throw badRequest("M_EXCLUSIVE", "This user ID is reserved by an application service.");
  }
}

function registerGhost(world: World, call: Call, body: Json): Json {
  const appservice = world.appservices.byToken(call.token() ?? "");
  if (!appservice) {
    throw new ApiError(401, { errcode: "M_UNKNOWN_TOKEN", error: "Invalid access token passed." });
  }
  const localpart = requiredText(body, "username");
  const userId = world.accounts.userId(localpart);
  if (!appservice.isInterestedIn(userId)) {
    throw badRequest("M_EXCLUSIVE", "Invalid user localpart for this application service.");
  }
  const owner = world.appservices.exclusiveOwner("users", userId);
  if (owner && owner !== appservice) {
    throw badRequest("M_EXCLUSIVE", "This user ID is reserved by an application service.");
  }
  world.accounts.create(localpart);
  world.profiles.open(userId, localpart);
  if (body["inhibit_login"] !== true) assertMayLogIn(appservice);
  return opened(world, userId, body);
}

/** An appservice that makes devices itself (MSC4190) has given up logging in. */
function assertMayLogIn(appservice: Appservice): void {
  if (appservice.registration["io.element.msc4190"] !== true) return;
  const error = "This appservice has MSC4190 enabled, so appservice login cannot be used.";
  throw badRequest("M_APPSERVICE_LOGIN_UNSUPPORTED", error);
}

function opened(world: World, userId: string, body: Json): Json {
  const basics = { user_id: userId, home_server: world.serverName };
  if (body["inhibit_login"] === true) return basics;
  return { ...basics, ...world.accounts.openDevice(userId, optionalText(body, "device_id")) };
}

function login(world: World, call: Call): Json {
  const body = call.json();
  const name = optionalText(objectAt(body, "identifier"), "user") ?? requiredText(body, "user");
  const userId = name.startsWith("@") ? name : world.accounts.userId(name);
  const type = requiredText(body, "type");
  if (type === APPSERVICE_TYPE) {
    const appservice = world.appservices.byToken(call.token() ?? "");
    if (!appservice)
      throw new ApiError(401, { errcode: "M_MISSING_TOKEN", error: "Missing access token" });
    assertMayLogIn(appservice);
    if (!appservice.isInterestedIn(userId)) throw forbidden("Invalid access_token");
    if (!world.accounts.exists(userId)) throw forbidden("User not found");
  } else if (type === "m.login.password") {
    world.accounts.checkPassword(userId, requiredText(body, "password"));
  } else {
    throw badRequest("M_UNKNOWN", `Unknown login type ${type}`);
  }
  return opened(world, userId, { device_id: body["device_id"] });
}

function putDevice(world: World, call: UserCall): Reply {
  const { requester, params } = call;
  if (!requester.appservice)
    throw badRequest("M_UNRECOGNIZED", "Only appservices create devices this way");
  const isNew = world.accounts.addDevice(requester.userId, params["device"] ?? "");
  return { status: isNew ? 201 : 200, body: {} };
}
