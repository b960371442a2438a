import assert from "node:assert/strict";
import { asBody, listOf } from "../../sandbox/client.ts";
import { bot, person, refused, room, seg, type Actor, type Case } from "../context.ts";

const spaceOf = (who: Actor, more: Record<string, unknown> = {}): Promise<string> =>
  room(who, { preset: "private_chat", creation_content: { type: "m.space" }, ...more });

const shown = async (who: Actor, space: string): Promise<readonly string[]> => {
  const path = `/_matrix/client/v1/rooms/${seg(space)}/hierarchy?max_depth=1`;
  return listOf(await who.ok("GET", path), "rooms").map((one) => String(one["room_id"]));
};

/** Spaces, as the engine makes them and as clients see them. */
export const spaceCases: readonly Case[] = [
  {
    name: "a space shows an invited person the rooms that they may come into, and what it is itself",
    run: async (context) => {
      const service = bot(context);
      const guest = await person(context);
      const space = await spaceOf(service, { name: "Space", invite: [guest.userId] });
      const open = await room(service, { preset: "private_chat", invite: [guest.userId] });
      const shut = await room(service, { preset: "private_chat" });
      for (const child of [open, shut])
        await service.ok("PUT", `/rooms/${seg(space)}/state/m.space.child/${seg(child)}`, {
          via: [context.serverName],
        });
      const path = `/_matrix/client/v1/rooms/${seg(space)}/hierarchy`;
      const [first] = listOf(await guest.ok("GET", path), "rooms");
      assert.equal(first?.["room_type"], "m.space");
      assert.equal(first["name"], "Space");
      const children = listOf(first, "children_state").map((event) => event["state_key"]);
      assert.deepEqual(new Set(children), new Set([open, shut]));
      assert.deepEqual(await shown(guest, space), [space, open]);
      assert.deepEqual(new Set(await shown(service, space)), new Set([space, open, shut]));
      refused(await (await person(context)).ask("GET", path), 403, "M_FORBIDDEN");
    },
  },
  {
    name: "a child whose content is emptied stands in the space no more",
    run: async (context) => {
      const service = bot(context);
      const space = await spaceOf(service);
      const child = await room(service);
      const place = `/rooms/${seg(space)}/state/m.space.child/${seg(child)}`;
      await service.ok("PUT", place, { via: [context.serverName] });
      assert.deepEqual(await shown(service, space), [space, child]);
      await service.ok("PUT", place, {});
      assert.deepEqual(await shown(service, space), [space]);
      assert.deepEqual(await service.ok("GET", place), {});
    },
  },
  {
    name: "an invitation to a space says in its stripped state that it is one",
    run: async (context) => {
      const guest = await person(context);
      const space = await spaceOf(bot(context), { invite: [guest.userId] });
      const { rooms } = await guest.ok("GET", "/sync");
      const invited = asBody(asBody(asBody(rooms)["invite"])[space]);
      const events = listOf(asBody(invited["invite_state"]), "events");
      const create = events.find(({ type }) => type === "m.room.create");
      assert.equal(asBody(create?.["content"])["type"], "m.space");
    },
  },
  {
    name: "nobody without the power to talks in a space",
    run: async (context) => {
      const guest = await person(context);
      const space = await spaceOf(bot(context), {
        invite: [guest.userId],
        power_level_content_override: { events_default: 100 },
      });
      await guest.ok("POST", `/join/${seg(space)}`, {});
      const said = await guest.ask("PUT", `/rooms/${seg(space)}/send/m.room.message/1`, {
        msgtype: "m.text",
        body: "x",
      });
      refused(said, 403, "M_FORBIDDEN");
    },
  },
];
