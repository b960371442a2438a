import assert from "node:assert/strict";
import { asBody, textOf, until } from "../../sandbox/client.ts";
import {
  actor,
  bot,
  fresh,
  ghost,
  person,
  REGISTRATION,
  refused,
  registerGhost,
  room,
  seg,
  unregisteredGhost,
  type Case,
} from "../context.ts";

/** Tokens, ghosts, masquerading, profiles. */
export const accountCases: readonly Case[] = [
  {
    name: "a request without a token is M_MISSING_TOKEN, with a wrong one M_UNKNOWN_TOKEN",
    run: async (context) => {
      const nobody = actor(context, { userId: "" });
      refused(await nobody.ask("GET", "/account/whoami"), 401, "M_MISSING_TOKEN");
      const stranger = actor(context, { userId: "", token: "no-such-token" });
      refused(await stranger.ask("GET", "/account/whoami"), 401, "M_UNKNOWN_TOKEN");
    },
  },
  {
    name: "an unknown path is 404 M_UNRECOGNIZED, a wrong method 405 M_UNRECOGNIZED",
    run: async (context) => {
      const someone = await person(context);
      refused(await someone.ask("GET", "/no/such/path"), 404, "M_UNRECOGNIZED");
      refused(await someone.ask("DELETE", "/account/whoami"), 405, "M_UNRECOGNIZED");
    },
  },
  {
    name: "a ghost is registered once, the second time is M_USER_IN_USE",
    run: async (context) => {
      const localpart = fresh("_cf_twice");
      const first = await registerGhost(context, localpart);
      assert.equal(first.status, 200);
      assert.equal(first.body["user_id"], `@${localpart}:${context.serverName}`);
      assert.equal(first.body["access_token"], undefined);
      refused(await registerGhost(context, localpart), 400, "M_USER_IN_USE");
    },
  },
  {
    name: "a ghost outside the namespace, and a person inside it, are M_EXCLUSIVE",
    run: async (context) => {
      refused(await registerGhost(context, fresh("outside")), 400, "M_EXCLUSIVE");
      const nobody = actor(context, { userId: "" });
      const body = {
        username: fresh("cfbridge"),
        password: "secret-1",
        auth: { type: "m.login.dummy" },
      };
      refused(await nobody.ask("POST", "/register", body), 400, "M_EXCLUSIVE");
    },
  },
  {
    name: "a name of the namespace is M_EXCLUSIVE for whoever asks whether it is free",
    run: async (context) => {
      const nobody = actor(context, { userId: "" });
      const asked = (name: string) => nobody.ask("GET", `/register/available?username=${name}`);
      refused(await asked(fresh("cfbridge")), 400, "M_EXCLUSIVE");
      const free = await asked(fresh("cffree"));
      assert.deepEqual([free.status, free.body["available"]], [200, true]);
    },
  },
  {
    name: "a person's name with a leading _ or a space is M_INVALID_USERNAME, capitals become small; a ghost's stay",
    run: async (context) => {
      const nobody = actor(context, { userId: "" });
      const rest = { password: "a long secret-1", auth: { type: "m.login.dummy" } };
      for (const username of [`${fresh("abc")} d`, `_${fresh("abc")}`]) {
        const reply = await nobody.ask("POST", "/register", { ...rest, username });
        refused(reply, 400, "M_INVALID_USERNAME");
      }
      const name = fresh("abc");
      const made = await nobody.ok("POST", "/register", { ...rest, username: `${name}ABC` });
      assert.equal(made["user_id"], `@${name}abc:${context.serverName}`);
      const localpart = `${fresh("_cf_")}ABC`;
      const { body } = await registerGhost(context, localpart);
      assert.equal(body["user_id"], `@${localpart}:${context.serverName}`);
    },
  },
  {
    name: "the bot is whoami without user_id, a ghost with it",
    run: async (context) => {
      const service = bot(context);
      assert.equal((await service.ok("GET", "/account/whoami"))["user_id"], service.userId);
      const puppet = await ghost(context);
      assert.equal((await puppet.ok("GET", "/account/whoami"))["user_id"], puppet.userId);
    },
  },
  {
    name: "masquerading outside the namespace or as an unregistered ghost is M_FORBIDDEN",
    run: async (context) => {
      const someone = await person(context);
      const { as_token: token } = REGISTRATION;
      const outside = actor(context, { userId: someone.userId, token, masquerade: true });
      refused(await outside.ask("GET", "/account/whoami"), 403, "M_FORBIDDEN");
      const unknown = unregisteredGhost(context, fresh("_cf_unknown"));
      refused(await unknown.ask("GET", "/account/whoami"), 403, "M_FORBIDDEN");
    },
  },
  {
    name: "a new ghost is named after its localpart; a new name goes into its member events",
    run: async (context) => {
      const puppet = await ghost(context);
      const profile = `/profile/${seg(puppet.userId)}`;
      const before = await puppet.ok("GET", profile);
      assert.equal(before["displayname"], puppet.userId.slice(1).split(":")[0]);
      const place = await room(puppet);
      await puppet.ok("PUT", `${profile}/displayname`, { displayname: "Ghost" });
      await puppet.ok("PUT", `${profile}/avatar_url`, { avatar_url: "mxc://example.org/face" });
      assert.deepEqual(await puppet.ok("GET", `${profile}/displayname`), { displayname: "Ghost" });
      await until("the member event has both", async () => {
        const path = `/rooms/${seg(place)}/state/m.room.member/${seg(puppet.userId)}`;
        const member = await puppet.ok("GET", path);
        return (
          member["displayname"] === "Ghost" && member["avatar_url"] === "mxc://example.org/face"
        );
      });
    },
  },
  {
    name: "the bot needs no registration to have a name and to show it in its rooms",
    run: async (context) => {
      const service = bot(context);
      const path = `/profile/${seg(service.userId)}/displayname`;
      await service.ok("PUT", path, { displayname: "The Bot" });
      assert.deepEqual(await service.ok("GET", path), { displayname: "The Bot" });
      const place = await room(service);
      const member = `/rooms/${seg(place)}/state/m.room.member/${seg(service.userId)}`;
      assert.equal((await service.ok("GET", member))["displayname"], "The Bot");
    },
  },
  {
    name: "the profile of nobody is 404, another person's cannot be set",
    run: async (context) => {
      const someone = await person(context);
      const nobody = seg(`@${fresh("nobody")}:${context.serverName}`);
      assert.equal((await someone.ask("GET", `/profile/${nobody}`)).status, 404);
      const other = await person(context);
      const path = `/profile/${seg(other.userId)}/displayname`;
      refused(await someone.ask("PUT", path, { displayname: "Mine" }), 400, "M_FORBIDDEN");
    },
  },
  {
    name: "registering without auth is 401 with flows, with m.login.dummy it gives a token that logs in",
    run: async (context) => {
      const nobody = actor(context, { userId: "" });
      const body = { username: fresh("newcomer"), password: "a long secret-1" };
      const asked = await nobody.ask("POST", "/register", body);
      assert.equal(asked.status, 401);
      const { session } = asked.body;
      assert.equal(typeof session, "string");
      const made = await nobody.ok("POST", "/register", {
        ...body,
        auth: { type: "m.login.dummy", session },
      });
      const userId = textOf(made, "user_id");
      const identifier = { type: "m.id.user", user: userId };
      const attempt = { type: "m.login.password", identifier, password: body.password };
      const opened = await nobody.ok("POST", "/login", attempt);
      const token = textOf(opened, "access_token");
      const self = await actor(context, { userId, token }).ok("GET", "/account/whoami");
      assert.deepEqual([self["user_id"], self["device_id"]], [userId, opened["device_id"]]);
      refused(
        await nobody.ask("POST", "/login", { ...attempt, password: "wrong" }),
        403,
        "M_FORBIDDEN",
      );
    },
  },
  {
    name: "an appservice with MSC4190 cannot log a ghost in, and a device that is not there is refused",
    run: async (context) => {
      const puppet = await ghost(context);
      const login = {
        type: "m.login.application_service",
        identifier: { type: "m.id.user", user: puppet.userId },
      };
      refused(
        await bot(context).ask("POST", "/login", login),
        400,
        "M_APPSERVICE_LOGIN_UNSUPPORTED",
      );
      const username = fresh("_cf_login");
      const register = { type: "m.login.application_service", username };
      refused(
        await bot(context).ask("POST", "/register", register),
        400,
        "M_APPSERVICE_LOGIN_UNSUPPORTED",
      );
      refused(await registerGhost(context, username), 400, "M_USER_IN_USE");
      refused(await puppet.ask("GET", "/account/whoami?device_id=NONE"), 400, "M_UNKNOWN_DEVICE");
    },
  },
  {
    name: "the appservice makes a ghost's device without logging in: 201, then 200",
    run: async (context) => {
      const puppet = await ghost(context);
      const body = { display_name: "Box" };
      assert.equal((await puppet.ask("PUT", "/devices/BOX", body)).status, 201);
      assert.equal((await puppet.ask("PUT", "/devices/BOX", body)).status, 200);
      assert.equal((await puppet.ok("GET", "/account/whoami?device_id=BOX"))["device_id"], "BOX");
    },
  },
  {
    name: "capabilities name a default room version among the available ones",
    run: async (context) => {
      const { capabilities } = await (await person(context)).ok("GET", "/capabilities");
      const versions = asBody(asBody(capabilities)["m.room_versions"]);
      assert.equal(versions["default"], "12");
      assert.ok("10" in asBody(versions["available"]) && "11" in asBody(versions["available"]));
    },
  },
];
