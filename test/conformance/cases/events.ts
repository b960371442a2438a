import assert from "node:assert/strict";
import { asBody, listOf, textOf } from "../../sandbox/client.ts";
import {
  fresh,
  ghost,
  person,
  refused,
  room,
  say,
  seg,
  type Actor,
  type Case,
} from "../context.ts";

async function event(by: Actor, place: string, id: string): Promise<Record<string, unknown>> {
  return await by.ok("GET", `/rooms/${seg(place)}/event/${seg(id)}`);
}

async function react(
  by: Actor,
  place: string,
  id: string,
): Promise<Awaited<ReturnType<Actor["ask"]>>> {
  const content = { "m.relates_to": { rel_type: "m.annotation", event_id: id, key: "👍" } };
  return await by.ask("PUT", `/rooms/${seg(place)}/send/m.reaction/${fresh("txn")}`, content);
}

/** Sending, state, reactions, redactions, limits. */
export const eventCases: readonly Case[] = [
  {
    name: "a transaction id repeated gives the same event, whoever of the appservice repeats it",
    run: async (context) => {
      const [one, two] = [await ghost(context), await ghost(context)];
      const place = await room(one);
      await two.ok("POST", `/join/${seg(place)}`, {});
      const txn = fresh("txn");
      const first = await say(one, place, { body: "a", txn });
      assert.equal(await say(one, place, { body: "b", txn }), first);
      assert.equal(await say(two, place, { body: "c", txn }), first);
      assert.equal(asBody((await event(one, place, first))["content"])["body"], "a");
      assert.notEqual(await say(one, place, { body: "a" }), first);
    },
  },
  {
    name: "after a restart the appservice's transaction id makes a second event, a person's does not",
    run: async (context) => {
      const [puppet, someone] = [await ghost(context), await person(context)];
      const place = await room(puppet);
      await someone.ok("POST", `/join/${seg(place)}`, {});
      const txn = fresh("txn");
      const first = await say(puppet, place, { body: "a", txn });
      const own = await say(someone, place, { body: "b", txn: `${txn}-own` });
      await context.restart();
      assert.notEqual(await say(puppet, place, { body: "a", txn }), first);
      assert.equal(await say(someone, place, { body: "b", txn: `${txn}-own` }), own);
    },
  },
  {
    name: "with device_id of a device that exists, the appservice's transaction id outlives a restart",
    run: async (context) => {
      const puppet = await ghost(context);
      await puppet.ok("PUT", "/devices/BOX", {});
      const place = await room(puppet);
      const what = { body: "a", txn: fresh("txn"), query: "?device_id=BOX" };
      const first = await say(puppet, place, what);
      await context.restart();
      assert.equal(await say(puppet, place, what), first);
    },
  },
  {
    name: "a refused send is not remembered under its transaction id",
    run: async (context) => {
      const [owner, puppet] = [await person(context), await ghost(context)];
      const place = await room(owner);
      const path = `/rooms/${seg(place)}/send/m.room.message/${fresh("txn")}`;
      const body = { msgtype: "m.text", body: "x" };
      refused(await puppet.ask("PUT", path, body), 403, "M_FORBIDDEN");
      await puppet.ok("POST", `/join/${seg(place)}`, {});
      await puppet.ok("PUT", path, body);
    },
  },
  {
    name: "ts sets the time for the appservice, on send and state, and is ignored for people",
    run: async (context) => {
      const [puppet, someone] = [await ghost(context), await person(context)];
      const place = await room(puppet);
      await someone.ok("POST", `/join/${seg(place)}`, {});
      const query = "?ts=1234567890123";
      const old = await say(puppet, place, { body: "old", query });
      assert.equal((await event(puppet, place, old))["origin_server_ts"], 1_234_567_890_123);
      const path = `/rooms/${seg(place)}/state/org.example.old/${query}`;
      const state = textOf(await puppet.ok("PUT", path, { a: 1 }), "event_id");
      assert.equal((await event(puppet, place, state))["origin_server_ts"], 1_234_567_890_123);
      const now = await say(someone, place, { body: "now", query });
      assert.notEqual((await event(puppet, place, now))["origin_server_ts"], 1_234_567_890_123);
    },
  },
  {
    name: "an identical state event is the same event, another content or key a new one",
    run: async (context) => {
      const puppet = await ghost(context);
      const path = `/rooms/${seg(await room(puppet))}/state/org.example.state/k`;
      const put = async (content: unknown, at = path): Promise<string> =>
        textOf(await puppet.ok("PUT", at, content), "event_id");
      const first = await put({ a: 1, b: { c: [2] } });
      assert.equal(await put({ b: { c: [2] }, a: 1 }), first);
      assert.notEqual(await put({ a: 1 }), first);
      assert.notEqual(await put({ a: 1, b: { c: [2] } }, `${path}2`), first);
    },
  },
  {
    name: "state that is not there is M_NOT_FOUND; format=event gives the whole event",
    run: async (context) => {
      const puppet = await ghost(context);
      const path = `/rooms/${seg(await room(puppet))}/state`;
      refused(await puppet.ask("GET", `${path}/org.example.none/`), 404, "M_NOT_FOUND");
      const whole = await puppet.ok("GET", `${path}/m.room.create/?format=event`);
      assert.equal(whole["sender"], puppet.userId);
      const all = listOf(await puppet.ok("GET", path), "list").map((one) => one["type"]);
      assert.ok(all.includes("m.room.create") && all.includes("m.room.member"));
    },
  },
  {
    name: "the same reaction twice is M_DUPLICATE_ANNOTATION until the first is redacted",
    run: async (context) => {
      const puppet = await ghost(context);
      const place = await room(puppet);
      const said = await say(puppet, place, { body: "x" });
      const first = await react(puppet, place, said);
      refused(await react(puppet, place, said), 400, "M_DUPLICATE_ANNOTATION");
      const redact = `/rooms/${seg(place)}/redact/${seg(textOf(first.body, "event_id"))}/1`;
      await puppet.ok("PUT", redact, {});
      assert.equal((await react(puppet, place, said)).status, 200);
    },
  },
  {
    name: "a relation to an unknown event, or to one in another room, is refused with 400",
    run: async (context) => {
      const puppet = await ghost(context);
      const [one, two] = [await room(puppet), await room(puppet)];
      const said = await say(puppet, one, { body: "x" });
      assert.equal((await react(puppet, two, said)).status, 400);
      assert.equal((await react(puppet, one, `$${"a".repeat(43)}`)).status, 400);
    },
  },
  {
    name: "a redaction empties the event and says who did it; a second one is a second event",
    run: async (context) => {
      const puppet = await ghost(context);
      const place = await room(puppet);
      const said = await say(puppet, place, { body: "secret" });
      const redact = async (): Promise<string> => {
        const path = `/rooms/${seg(place)}/redact/${seg(said)}/${fresh("txn")}`;
        return textOf(await puppet.ok("PUT", path, { reason: "r" }), "event_id");
      };
      const [first, second] = [await redact(), await redact()];
      assert.notEqual(first, second);
      const after = await event(puppet, place, said);
      assert.deepEqual(after["content"], {});
      const because = asBody(asBody(after["unsigned"])["redacted_because"]);
      assert.equal(because["event_id"], first);
      const redaction = await event(puppet, place, first);
      assert.equal(redaction["redacts"], said);
      assert.deepEqual(redaction["content"], { reason: "r", redacts: said });
    },
  },
  {
    name: "redacting an event that the server does not know is accepted",
    run: async (context) => {
      const puppet = await ghost(context);
      const place = await room(puppet);
      const path = `/rooms/${seg(place)}/redact/${seg(`$${"b".repeat(43)}`)}/1`;
      assert.equal((await puppet.ask("PUT", path, {})).status, 200);
    },
  },
  {
    name: "an event over 65,536 bytes is 413 M_TOO_LARGE; a fraction or no JSON is refused",
    run: async (context) => {
      const puppet = await ghost(context);
      const path = `/rooms/${seg(await room(puppet))}/send/m.room.message/`;
      const long = { msgtype: "m.text", body: "x".repeat(65_600) };
      refused(await puppet.ask("PUT", `${path}1`, long), 413, "M_TOO_LARGE");
      refused(
        await puppet.ask("PUT", `${path}2`, { msgtype: "m.text", body: "x", n: 1.5 }),
        400,
        "M_BAD_JSON",
      );
      refused(await puppet.ask("PUT", `${path}3`, "{not json"), 400, "M_NOT_JSON");
      refused(await puppet.ask("PUT", `${path}4`, "[]"), 400, "M_BAD_JSON");
    },
  },
  {
    name: "a message without msgtype or body, a name without a name: 400",
    run: async (context) => {
      const puppet = await ghost(context);
      const path = `/rooms/${seg(await room(puppet))}`;
      for (const content of [
        { body: "x" },
        { msgtype: "m.text" },
        { msgtype: "m.text", body: 1 },
      ]) {
        const send = await puppet.ask(
          "PUT",
          `${path}/send/m.room.message/${fresh("txn")}`,
          content,
        );
        assert.equal(send.status, 400);
      }
      assert.equal((await puppet.ask("PUT", `${path}/state/m.room.name/`, {})).status, 400);
      assert.equal((await puppet.ask("PUT", `${path}/state/m.room.topic/`, {})).status, 400);
    },
  },
  {
    name: "too many requests are 429 M_LIMIT_EXCEEDED with retry_after_ms",
    skip: {
      synapse: "its rate limits are lifted for the whole run and cannot be set for one request",
    },
    run: async (context) => {
      const puppet = await ghost(context);
      const place = await room(puppet);
      context.rateLimitNext?.(new RegExp(`^PUT .*${place.slice(1, 12)}`), 1234);
      const path = `/rooms/${seg(place)}/send/m.room.message/1`;
      const reply = await puppet.ask("PUT", path, { msgtype: "m.text", body: "x" });
      refused(reply, 429, "M_LIMIT_EXCEEDED");
      assert.equal(reply.body["retry_after_ms"], 1234);
      assert.equal((await puppet.ask("PUT", path, { msgtype: "m.text", body: "x" })).status, 200);
    },
  },
  {
    name: "typing, receipts and presence are accepted from members",
    run: async (context) => {
      const puppet = await ghost(context);
      const place = await room(puppet);
      const path = `/rooms/${seg(place)}`;
      const said = await say(puppet, place, { body: "x" });
      await puppet.ok("PUT", `${path}/typing/${seg(puppet.userId)}`, {
        typing: true,
        timeout: 1000,
      });
      await puppet.ok("POST", `${path}/receipt/m.read/${seg(said)}`, {});
      await puppet.ok("POST", `${path}/read_markers`, { "m.fully_read": said, "m.read": said });
      await puppet.ok("PUT", `/presence/${seg(puppet.userId)}/status`, { presence: "online" });
      const status = await puppet.ok("GET", `/presence/${seg(puppet.userId)}/status`);
      assert.equal(status["presence"], "online");
    },
  },
];
