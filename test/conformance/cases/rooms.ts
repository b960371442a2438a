import assert from "node:assert/strict";
import { asBody, listOf } from "../../sandbox/client.ts";
import { bot, fresh, ghost, person, refused, room, say, seg, type Case } from "../context.ts";

const TEXT = { msgtype: "m.text", body: "x" };

/** Rooms, aliases, membership and power. */
export const roomCases: readonly Case[] = [
  {
    name: "a room whose alias is taken is M_ROOM_IN_USE, and the alias leads to the first one",
    run: async (context) => {
      const service = bot(context);
      const room_alias_name = fresh("_cf_room");
      const first = await room(service, { room_alias_name, preset: "public_chat" });
      const again = await service.ask("POST", "/createRoom", { room_alias_name });
      refused(again, 400, "M_ROOM_IN_USE");
      const path = `/directory/room/${seg(`#${room_alias_name}:${context.serverName}`)}`;
      assert.equal((await service.ok("GET", path))["room_id"], first);
      const alias = await service.ok("GET", `/rooms/${seg(first)}/state/m.room.canonical_alias/`);
      assert.equal(alias["alias"], `#${room_alias_name}:${context.serverName}`);
    },
  },
  {
    name: "an alias of the namespace is M_EXCLUSIVE for people, another for the appservice",
    run: async (context) => {
      const someone = await person(context);
      const taken = await someone.ask("POST", "/createRoom", {
        room_alias_name: fresh("_cf_mine"),
      });
      refused(taken, 400, "M_EXCLUSIVE");
      const outside = await bot(context).ask("POST", "/createRoom", {
        room_alias_name: fresh("x"),
      });
      refused(outside, 400, "M_EXCLUSIVE");
    },
  },
  {
    name: "an alias is put, put again is 409, deleted, then M_NOT_FOUND",
    run: async (context) => {
      const someone = await person(context);
      const room_id = await room(someone);
      const path = `/directory/room/${seg(`#${fresh("alias")}:${context.serverName}`)}`;
      refused(await someone.ask("GET", path), 404, "M_NOT_FOUND");
      await someone.ok("PUT", path, { room_id });
      assert.equal((await someone.ask("PUT", path, { room_id })).status, 409);
      await someone.ok("DELETE", path);
      refused(await someone.ask("GET", path), 404, "M_NOT_FOUND");
      refused(await someone.ask("DELETE", path), 404, "M_NOT_FOUND");
    },
  },
  {
    name: "creation content is echoed and initial state is there from the start",
    run: async (context) => {
      const service = bot(context);
      const place = await room(service, {
        preset: "private_chat",
        name: "Name",
        topic: "Topic",
        creation_content: { "org.example.mark": "here" },
        initial_state: [{ type: "org.example.state", state_key: "k", content: { v: 1 } }],
        power_level_content_override: { events_default: 5 },
      });
      const read = (type: string, key = ""): Promise<Record<string, unknown>> =>
        service.ok("GET", `/rooms/${seg(place)}/state/${type}/${key}`);
      assert.equal((await read("m.room.create"))["org.example.mark"], "here");
      assert.deepEqual(await read("org.example.state", "k"), { v: 1 });
      assert.equal((await read("m.room.name"))["name"], "Name");
      assert.equal((await read("m.room.topic"))["topic"], "Topic");
      assert.equal((await read("m.room.power_levels"))["events_default"], 5);
      assert.equal((await read("m.room.join_rules"))["join_rule"], "invite");
    },
  },
  {
    name: "room versions 10 and 11 give the creator power 100, 12 gives it to nobody by name",
    run: async (context) => {
      const service = bot(context);
      for (const room_version of ["10", "11", "12"]) {
        const place = await room(service, { room_version });
        const levels = await service.ok("GET", `/rooms/${seg(place)}/state/m.room.power_levels/`);
        const expected = room_version === "12" ? {} : { [service.userId]: 100 };
        assert.deepEqual(levels["users"], expected, room_version);
        assert.equal(place.includes(":"), room_version !== "12");
      }
    },
  },
  {
    name: "an invite-only room is M_FORBIDDEN to join until invited; joining twice is no error",
    run: async (context) => {
      const [owner, guest] = [await ghost(context), await person(context)];
      const place = await room(owner, { preset: "private_chat" });
      const path = `/rooms/${seg(place)}`;
      refused(await guest.ask("POST", `/join/${seg(place)}`, {}), 403, "M_FORBIDDEN");
      await owner.ok("POST", `${path}/invite`, { user_id: guest.userId });
      assert.equal((await guest.ok("POST", `/join/${seg(place)}`, {}))["room_id"], place);
      assert.equal((await guest.ok("POST", `${path}/join`, {}))["room_id"], place);
      refused(
        await owner.ask("POST", `${path}/invite`, { user_id: guest.userId }),
        403,
        "M_FORBIDDEN",
      );
    },
  },
  {
    name: "an unknown room is 404 to join and 403 to speak in; an unknown alias is M_NOT_FOUND",
    run: async (context) => {
      const someone = await person(context);
      const unknown = seg(`!nothing:${context.serverName}`);
      assert.equal((await someone.ask("POST", `/join/${unknown}`, {})).status, 404);
      const send = await someone.ask("PUT", `/rooms/${unknown}/send/m.room.message/1`, {
        body: "x",
      });
      refused(send, 403, "M_FORBIDDEN");
      const alias = seg(`#${fresh("nothing")}:${context.serverName}`);
      refused(await someone.ask("POST", `/join/${alias}`, {}), 404, "M_NOT_FOUND");
    },
  },
  {
    name: "speaking, reading state and members from outside is M_FORBIDDEN",
    run: async (context) => {
      const [owner, outsider] = [await person(context), await ghost(context)];
      const path = `/rooms/${seg(await room(owner))}`;
      refused(await outsider.ask("PUT", `${path}/send/m.room.message/1`, TEXT), 403, "M_FORBIDDEN");
      for (const read of [
        "state",
        "joined_members",
        "members",
        "messages?dir=b",
        "state/m.room.name/",
      ]) {
        refused(await outsider.ask("GET", `${path}/${read}`), 403, "M_FORBIDDEN");
      }
    },
  },
  {
    name: "a kicked ghost is out, may come back; a banned one may not until unbanned",
    run: async (context) => {
      const [owner, puppet] = [await person(context), await ghost(context)];
      const place = await room(owner);
      const path = `/rooms/${seg(place)}`;
      const target = { user_id: puppet.userId, reason: "why" };
      await puppet.ok("POST", `${path}/join`, {});
      await owner.ok("POST", `${path}/kick`, target);
      const member = await owner.ok("GET", `${path}/state/m.room.member/${seg(puppet.userId)}`);
      assert.deepEqual([member["membership"], member["reason"]], ["leave", "why"]);
      refused(await puppet.ask("PUT", `${path}/send/m.room.message/1`, TEXT), 403, "M_FORBIDDEN");
      await puppet.ok("POST", `${path}/join`, {});
      await owner.ok("POST", `${path}/ban`, target);
      refused(await puppet.ask("POST", `${path}/join`, {}), 403, "M_BAD_STATE");
      refused(await owner.ask("POST", `${path}/invite`, target), 403, "M_BAD_STATE");
      refused(await owner.ask("POST", `${path}/kick`, target), 403, "M_BAD_STATE");
      await owner.ok("POST", `${path}/unban`, target);
      refused(await owner.ask("POST", `${path}/unban`, target), 403, "M_BAD_STATE");
      await puppet.ok("POST", `${path}/join`, {});
    },
  },
  {
    name: "kicking someone who is not there is M_FORBIDDEN, banning him is not; a ban twice is the same",
    run: async (context) => {
      const [owner, stranger] = [await person(context), await ghost(context)];
      const path = `/rooms/${seg(await room(owner))}`;
      const target = { user_id: stranger.userId };
      refused(await owner.ask("POST", `${path}/kick`, target), 403, "M_FORBIDDEN");
      await owner.ok("POST", `${path}/ban`, target);
      await owner.ok("POST", `${path}/ban`, target);
      refused(
        await owner.ask("POST", `${path}/invite`, { user_id: "nobody" }),
        400,
        "M_INVALID_PARAM",
      );
    },
  },
  {
    name: "power decides: kick, topic, power levels and redaction are M_FORBIDDEN without it",
    run: async (context) => {
      const [owner, guest] = [await person(context), await person(context)];
      const place = await room(owner);
      const path = `/rooms/${seg(place)}`;
      await guest.ok("POST", `${path}/join`, {});
      const said = await say(owner, place, { body: "mine" });
      refused(
        await guest.ask("POST", `${path}/kick`, { user_id: owner.userId }),
        403,
        "M_FORBIDDEN",
      );
      refused(
        await guest.ask("PUT", `${path}/state/m.room.topic/`, { topic: "t" }),
        403,
        "M_FORBIDDEN",
      );
      const levels = await owner.ok("GET", `${path}/state/m.room.power_levels/`);
      const raised = { ...levels, users: { ...asBody(levels["users"]), [guest.userId]: 50 } };
      const state = `${path}/state/m.room.power_levels/`;
      refused(await guest.ask("PUT", state, raised), 403, "M_FORBIDDEN");
      refused(await guest.ask("PUT", `${path}/redact/${seg(said)}/1`, {}), 403, "M_FORBIDDEN");
      await owner.ok("PUT", state, raised);
      await guest.ok("PUT", `${path}/state/m.room.topic/`, { topic: "t" });
      await guest.ok("PUT", `${path}/redact/${seg(said)}/2`, {});
      const over = { ...raised, users: { ...raised.users, [guest.userId]: 100 } };
      refused(await guest.ask("PUT", state, over), 403, "M_FORBIDDEN");
    },
  },
  {
    name: "state keyed by another user is M_FORBIDDEN; levels that are no integers are M_BAD_JSON",
    run: async (context) => {
      const [owner, guest] = [await person(context), await person(context)];
      const path = `/rooms/${seg(await room(owner))}/state`;
      const other = `${path}/org.example.own/${seg(guest.userId)}`;
      refused(await owner.ask("PUT", other, { a: 1 }), 403, "M_FORBIDDEN");
      const levels = await owner.ok("GET", `${path}/m.room.power_levels/`);
      const wrong = { ...levels, users_default: "50" };
      refused(await owner.ask("PUT", `${path}/m.room.power_levels/`, wrong), 400, "M_BAD_JSON");
    },
  },
  {
    name: "leaving twice is no error, forgetting needs leaving, joined_rooms tells the rest",
    run: async (context) => {
      const puppet = await ghost(context);
      const [kept, left] = [await room(puppet), await room(puppet)];
      assert.equal((await puppet.ask("POST", `/rooms/${seg(left)}/forget`, {})).status, 400);
      await puppet.ok("POST", `/rooms/${seg(left)}/leave`, {});
      await puppet.ok("POST", `/rooms/${seg(left)}/leave`, {});
      await puppet.ok("POST", `/rooms/${seg(left)}/forget`, {});
      assert.deepEqual((await puppet.ok("GET", "/joined_rooms"))["joined_rooms"], [kept]);
    },
  },
  {
    name: "joined_members has names, members can be chosen by membership",
    run: async (context) => {
      const [owner, invited] = [await ghost(context), await person(context)];
      const place = await room(owner, { invite: [invited.userId], is_direct: true });
      const { joined } = await owner.ok("GET", `/rooms/${seg(place)}/joined_members`);
      const [localpart] = owner.userId.slice(1).split(":");
      assert.deepEqual(Object.keys(asBody(joined)), [owner.userId]);
      assert.equal(asBody(asBody(joined)[owner.userId])["display_name"], localpart);
      const members = await owner.ok("GET", `/rooms/${seg(place)}/members?membership=invite`);
      const [member] = listOf(members, "chunk");
      assert.equal(member?.["state_key"], invited.userId);
      assert.equal(asBody(member?.["content"])["is_direct"], true);
    },
  },
];
