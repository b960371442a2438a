import assert from "node:assert/strict";
import { asBody, listOf, until, type SeenEvent } from "../../sandbox/client.ts";
import {
  bot,
  fresh,
  ghost,
  person,
  REGISTRATION,
  refused,
  room,
  say,
  seg,
  type Case,
  type Context,
} from "../context.ts";

const PING = `/_matrix/client/v1/appservice/${REGISTRATION.id}/ping`;

async function pushed(context: Context, id: string): Promise<SeenEvent> {
  return await context.appservice.untilEvent(`${id} is pushed`, (event) => event.event_id === id);
}

/**
 * A transaction that Synapse makes just as its recovery ends stays unsent until the next one: a
 * refused transaction begins that, and it sends the oldest first. One ping hastens it; several at once
 * make Synapse send the same transaction several times at once.
 */
const broughtByRefusal = async (
  context: Context,
  speak: () => Promise<() => boolean>,
): Promise<void> => {
  const { appservice } = context;
  appservice.nextStatuses.push(503);
  const isThere = await speak();
  await until("a push is refused again", () => appservice.nextStatuses.length === 0);
  await bot(context).ask("POST", PING, {});
  await until("what was kept back is pushed", isThere);
};

/** What the homeserver says to the appservice. */
export const appserviceCases: readonly Case[] = [
  {
    name: "what a person and a ghost say in a ghost's room is pushed once, in order, with the hs_token",
    run: async (context) => {
      const [puppet, someone] = [await ghost(context), await person(context)];
      const place = await room(puppet);
      await someone.ok("POST", `/join/${seg(place)}`, {});
      const ids: string[] = [];
      for (const [index, by] of [puppet, someone, puppet, someone].entries()) {
        ids.push(await say(by, place, { body: String(index) }));
      }
      await pushed(context, ids[3] ?? "");
      const messages = context.appservice
        .events()
        .filter((event) => event.room_id === place && event.type === "m.room.message");
      assert.deepEqual(
        messages.map((event) => event.event_id),
        ids,
      );
      assert.deepEqual(
        messages.map((event) => event.sender),
        [puppet, someone, puppet, someone].map((by) => by.userId),
      );
      assert.equal(messages[0]?.unsigned["transaction_id"], undefined);
      const tokens = new Set(context.appservice.transactions.map((one) => one.authorization));
      assert.deepEqual([...tokens], [`Bearer ${REGISTRATION.hs_token}`]);
    },
  },
  {
    name: "rooms without ghosts are not pushed, rooms with an alias of the namespace are",
    run: async (context) => {
      const someone = await person(context);
      const [foreign, aliased] = [await room(someone), await room(someone)];
      const alias = `#${fresh("_cf_alias")}:${context.serverName}`;
      await bot(context).ok("PUT", `/directory/room/${seg(alias)}`, { room_id: aliased });
      await say(someone, foreign, { body: "not for the bridge" });
      await pushed(context, await say(someone, aliased, { body: "for the bridge" }));
      assert.ok(!context.appservice.events().some((event) => event.room_id === foreign));
    },
  },
  {
    name: "inviting and kicking a ghost is pushed, with the previous content of the member event",
    run: async (context) => {
      const [puppet, someone] = [await ghost(context), await person(context)];
      const place = await room(someone, { preset: "private_chat" });
      const path = `/rooms/${seg(place)}`;
      const membership = async (wanted: string): Promise<SeenEvent> =>
        await context.appservice.untilEvent(`the ghost's ${wanted}`, (event) => {
          return (
            event.room_id === place &&
            event.content["membership"] === wanted &&
            event.state_key === puppet.userId
          );
        });
      await someone.ok("POST", `${path}/invite`, { user_id: puppet.userId });
      assert.equal((await membership("invite")).sender, someone.userId);
      await puppet.ok("POST", `${path}/join`, {});
      await membership("join");
      await someone.ok("POST", `${path}/kick`, { user_id: puppet.userId });
      const kick = await membership("leave");
      assert.equal(asBody(kick.unsigned["prev_content"])["membership"], "join");
    },
  },
  {
    name: "an invite is pushed with the stripped state of the room",
    run: async (context) => {
      const [puppet, someone] = [await ghost(context), await person(context)];
      const place = await room(someone, { preset: "private_chat", name: "Named", is_direct: true });
      await someone.ok("POST", `/rooms/${seg(place)}/invite`, { user_id: puppet.userId });
      const invite = await context.appservice.untilEvent("the invite", (event) => {
        return event.room_id === place && event.state_key === puppet.userId;
      });
      const state = listOf(invite.unsigned, "invite_room_state");
      const name = state.find((event) => event["type"] === "m.room.name");
      assert.equal(asBody(name?.["content"])["name"], "Named");
    },
  },
  {
    name: "a redaction is pushed with what it redacts",
    run: async (context) => {
      const puppet = await ghost(context);
      const place = await room(puppet);
      const said = await say(puppet, place, { body: "x" });
      await puppet.ok("PUT", `/rooms/${seg(place)}/redact/${seg(said)}/1`, {});
      const redaction = await context.appservice.untilEvent("the redaction", (event) => {
        return event.room_id === place && event.type === "m.room.redaction";
      });
      assert.deepEqual([redaction.redacts, redaction.content["redacts"]], [said, said]);
    },
  },
  {
    name: "a transaction answered with 500 comes again unchanged before anything newer; a ping hastens it",
    run: async (context) => {
      const { appservice } = context;
      const puppet = await ghost(context);
      const place = await room(puppet);
      await pushed(context, await say(puppet, place, { body: "settled" }));
      appservice.nextStatuses.push(500);
      const first = await say(puppet, place, { body: "first" });
      const refusedPush = await until("a push is refused", () =>
        appservice.transactions.find((one) => one.status === 500),
      );
      const second = await say(puppet, place, { body: "second" });
      await bot(context).ok("POST", PING, { transaction_id: "hello" });
      assert.deepEqual(appservice.pings.at(-1), { transaction_id: "hello" });
      await pushed(context, second);
      const again = appservice.transactions.filter((one) => one.id === refusedPush.id);
      assert.deepEqual(
        again.map((one) => one.status),
        [500, 200],
      );
      const ids = again.map(({ text }) =>
        listOf(asBody(JSON.parse(text)), "events").map((one) => one["event_id"]),
      );
      assert.deepEqual(ids[0], ids[1]);
      const seen = appservice.events().map((event) => event.event_id);
      assert.ok(seen.indexOf(first) < seen.indexOf(second));
    },
  },
  {
    name: "pinging is for the appservice itself",
    run: async (context) => {
      refused(await (await person(context)).ask("POST", PING, {}), 403, "M_FORBIDDEN");
      const other = "/_matrix/client/v1/appservice/other/ping";
      refused(await bot(context).ask("POST", other, {}), 403, "M_FORBIDDEN");
      const reply = await bot(context).ok("POST", PING, {});
      assert.equal(typeof reply["duration_ms"], "number");
    },
  },
  {
    name: "joining an unknown alias of the namespace asks the appservice, which may make the room",
    run: async (context) => {
      const [service, someone] = [bot(context), await person(context)];
      const localpart = fresh("_cf_query");
      const alias = `#${localpart}:${context.serverName}`;
      refused(await someone.ask("POST", `/join/${seg(alias)}`, {}), 404, "M_NOT_FOUND");
      assert.ok(context.appservice.queries.some((path) => path.endsWith(`/rooms/${alias}`)));
      let made = "";
      context.appservice.onAlias = async (asked) => {
        if (asked !== alias) return false;
        made = await room(service, { preset: "public_chat", room_alias_name: localpart });
        return true;
      };
      const joined = await someone.ok("POST", `/join/${seg(alias)}`, {});
      assert.equal(joined["room_id"], made);
    },
  },
  {
    name: "inviting an unknown user of the namespace asks the appservice and pushes the invite",
    run: async (context) => {
      const someone = await person(context);
      const stranger = `@${fresh("_cf_stranger")}:${context.serverName}`;
      const place = await room(someone, { preset: "private_chat" });
      await someone.ok("POST", `/rooms/${seg(place)}/invite`, { user_id: stranger });
      await context.appservice.untilEvent("the invite", (event) => event.state_key === stranger);
      assert.ok(context.appservice.queries.some((path) => path.endsWith(`/users/${stranger}`)));
    },
  },
  {
    name: "looking an alias of the namespace up asks the appservice too",
    run: async (context) => {
      const alias = `#${fresh("_cf_lookup")}:${context.serverName}`;
      const path = `/directory/room/${seg(alias)}`;
      refused(await (await person(context)).ask("GET", path), 404, "M_NOT_FOUND");
      assert.ok(context.appservice.queries.some((asked) => asked.endsWith(`/rooms/${alias}`)));
    },
  },
  {
    name: "what failed to be pushed waits, after a restart, for the next event, then comes in order and once",
    run: async (context) => {
      const { appservice } = context;
      const puppet = await ghost(context);
      const place = await room(puppet);
      await pushed(context, await say(puppet, place, { body: "settled" }));
      const body = `refused ${puppet.userId}`;
      appservice.refusals.add(body);
      // What Synapse has in no transaction yet is lost with its process, so only the refused one is there.
      const ids = [await say(puppet, place, { body })];
      await until("its push is refused", () => !appservice.refusals.has(body));
      await context.restart();
      const before = appservice.transactions.length;
      await bot(context).ok("POST", PING, {});
      ids.push(await say(puppet, place, { body: "2" }));
      assert.equal(appservice.transactions.length, before);
      await bot(context).ask("POST", PING, {});
      await pushed(context, ids[1] ?? "");
      const seen = (): readonly string[] =>
        appservice.events().flatMap(({ event_id: id }) => (ids.includes(id) ? [id] : []));
      if (seen().length === ids.length) return assert.deepEqual(seen(), ids);
      await broughtByRefusal(context, async () => {
        await say(puppet, place, { body: "3" });
        return () => seen().length === ids.length;
      });
      assert.deepEqual(seen().toSorted(), ids.toSorted());
    },
  },
  {
    name: "typing and receipts are pushed under both keys",
    run: async (context) => {
      const [puppet, someone] = [await ghost(context), await person(context)];
      const place = await room(puppet);
      const path = `/rooms/${seg(place)}`;
      await someone.ok("POST", `${path}/join`, {});
      const said = await say(puppet, place, { body: "x" });
      await someone.ok("PUT", `${path}/typing/${seg(someone.userId)}`, {
        typing: true,
        timeout: 20_000,
      });
      await someone.ok("POST", `${path}/receipt/m.read/${seg(said)}`, {});
      for (const key of ["ephemeral", "de.sorunome.msc2409.ephemeral"]) {
        const about = (): Record<string, unknown>[] =>
          context.appservice.ephemeral(key).filter((event) => event["room_id"] === place);
        const typing = await until(`typing under ${key}`, () => {
          return about().find((event) => event["type"] === "m.typing");
        });
        assert.deepEqual(asBody(typing["content"])["user_ids"], [someone.userId]);
        const receipt = await until(`a receipt under ${key}`, () => {
          return about().find((event) => event["type"] === "m.receipt");
        });
        const marks = asBody(asBody(asBody(receipt["content"])[said])["m.read"]);
        assert.ok(someone.userId in marks);
      }
    },
  },
];
