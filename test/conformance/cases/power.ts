import assert from "node:assert/strict";
import { asBody, textOf } from "../../sandbox/client.ts";
import { bot, fresh, ghost, person, refused, room, seg, type Case } from "../context.ts";

/** Who stands above whom, by room version; aliases and directory of a room. */
export const powerCases: readonly Case[] = [
  {
    name: "in a version 12 room the creator's level cannot be written, and nobody can remove him",
    run: async (context) => {
      const [owner, deputy] = [await ghost(context), await person(context)];
      const place = await room(owner, { preset: "public_chat", room_version: "12" });
      const path = `/rooms/${seg(place)}`;
      await deputy.ok("POST", `${path}/join`, {});
      const state = `${path}/state/m.room.power_levels/`;
      const levels = await owner.ok("GET", state);
      const named = { ...levels, users: { [owner.userId]: 100 } };
      assert.equal((await owner.ask("PUT", state, named)).status, 400);
      await owner.ok("PUT", state, { ...levels, users: { [deputy.userId]: 100 } });
      refused(
        await deputy.ask("POST", `${path}/kick`, { user_id: owner.userId }),
        403,
        "M_FORBIDDEN",
      );
    },
  },
  {
    name: "a trusted private chat makes who is invited a creator in version 12, power 100 before",
    run: async (context) => {
      const [owner, friend] = [bot(context), await person(context)];
      const options = { preset: "trusted_private_chat", invite: [friend.userId] };
      const twelve = await room(owner, { ...options, room_version: "12" });
      const create = await owner.ok("GET", `/rooms/${seg(twelve)}/state/m.room.create/`);
      assert.deepEqual(create["additional_creators"], [friend.userId]);
      const eleven = await room(owner, { ...options, room_version: "11" });
      const levels = await owner.ok("GET", `/rooms/${seg(eleven)}/state/m.room.power_levels/`);
      assert.equal(asBody(levels["users"])[friend.userId], 100);
      assert.equal(levels["invite"], 0);
    },
  },
  {
    name: "equals cannot kick each other, and one may lower oneself",
    run: async (context) => {
      const [owner, one, two] = [await person(context), await ghost(context), await ghost(context)];
      const place = await room(owner, { preset: "public_chat", room_version: "11" });
      const path = `/rooms/${seg(place)}`;
      for (const by of [one, two]) await by.ok("POST", `${path}/join`, {});
      const state = `${path}/state/m.room.power_levels/`;
      const levels = await owner.ok("GET", state);
      const users = { ...asBody(levels["users"]), [one.userId]: 100, [two.userId]: 100 };
      await owner.ok("PUT", state, { ...levels, users });
      refused(await one.ask("POST", `${path}/kick`, { user_id: two.userId }), 403, "M_FORBIDDEN");
      const lowered = { ...users, [two.userId]: 0 };
      refused(await one.ask("PUT", state, { ...levels, users: lowered }), 403, "M_FORBIDDEN");
      await two.ok("PUT", state, { ...levels, users: lowered });
      await one.ok("POST", `${path}/kick`, { user_id: two.userId });
    },
  },
  {
    name: "a canonical alias must exist and lead to its room",
    run: async (context) => {
      const owner = await person(context);
      const [place, other] = [await room(owner), await room(owner)];
      const alias = `#${fresh("canon")}:${context.serverName}`;
      const state = `/rooms/${seg(place)}/state/m.room.canonical_alias/`;
      refused(await owner.ask("PUT", state, { alias }), 400, "M_BAD_ALIAS");
      await owner.ok("PUT", `/directory/room/${seg(alias)}`, { room_id: other });
      refused(await owner.ask("PUT", state, { alias }), 400, "M_BAD_ALIAS");
      await owner.ok("DELETE", `/directory/room/${seg(alias)}`);
      await owner.ok("PUT", `/directory/room/${seg(alias)}`, { room_id: place });
      await owner.ok("PUT", state, { alias });
    },
  },
  {
    name: "publishing a room in the directory is refused by default; one created public is made, unlisted",
    run: async (context) => {
      const owner = await person(context);
      const path = `/directory/list/room/${seg(await room(owner))}`;
      assert.equal((await owner.ok("GET", path))["visibility"], "private");
      refused(await owner.ask("PUT", path, { visibility: "public" }), 403, "M_UNKNOWN");
      await owner.ok("PUT", path, { visibility: "private" });
      const open = await room(owner, { visibility: "public" });
      const rules = await owner.ok("GET", `/rooms/${seg(open)}/state/m.room.join_rules/`);
      assert.equal(rules["join_rule"], "public");
      const listed = await owner.ok("GET", `/directory/list/room/${seg(open)}`);
      assert.equal(listed["visibility"], "private");
    },
  },
  {
    name: "state through the member event: a ghost may leave that way, join events keep extra keys",
    run: async (context) => {
      const puppet = await ghost(context);
      const place = await room(puppet);
      const path = `/rooms/${seg(place)}/state/m.room.member/${seg(puppet.userId)}`;
      const extra = { membership: "join", displayname: "Here only", "org.example.k": 1 };
      textOf(await puppet.ok("PUT", path, extra), "event_id");
      const member = await puppet.ok("GET", path);
      assert.deepEqual([member["displayname"], member["org.example.k"]], ["Here only", 1]);
      await puppet.ok("PUT", path, { membership: "leave" });
      assert.deepEqual((await puppet.ok("GET", "/joined_rooms"))["joined_rooms"], []);
    },
  },
];
