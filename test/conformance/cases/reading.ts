import assert from "node:assert/strict";
import { asBody, listOf, textOf, type Body } from "../../sandbox/client.ts";
import {
  fresh,
  ghost,
  person,
  reader,
  refused,
  room,
  say,
  seg,
  type Actor,
  type Case,
} from "../context.ts";

async function page(by: Actor, place: string, query: Record<string, string>): Promise<Body> {
  const search = new URLSearchParams(query).toString();
  return await by.ok("GET", `/rooms/${seg(place)}/messages?${search}`);
}

function bodies(reply: Body): unknown[] {
  return listOf(reply, "chunk").map((event) => asBody(event["content"])["body"]);
}

/** Pages until the end and gives the bodies of every page. */
async function pages(
  by: Actor,
  place: string,
  query: Record<string, string>,
): Promise<unknown[][]> {
  const found: unknown[][] = [];
  let from: unknown;
  for (let round = 0; round < 20; round += 1) {
    const reply = await page(by, place, typeof from === "string" ? { ...query, from } : query);
    found.push(bodies(reply));
    from = reply["end"];
    if (from === undefined) return found;
  }
  throw new Error("The pages have no end");
}

/** History, relations, context, sync. */
export const readingCases: readonly Case[] = [
  {
    name: "/messages by sender pages backwards and forwards to an end without `end`",
    run: async (context) => {
      const [one, two] = [await ghost(context), await ghost(context)];
      const place = await room(one);
      await two.ok("POST", `/join/${seg(place)}`, {});
      for (const body of ["1", "2", "3", "4", "5"]) {
        await say(one, place, { body });
        await say(two, place, { body: `other ${body}` });
      }
      const filter = JSON.stringify({ senders: [one.userId], types: ["m.room.message"] });
      const back = await pages(one, place, { dir: "b", limit: "2", filter });
      assert.deepEqual(back.flat(), ["5", "4", "3", "2", "1"]);
      assert.deepEqual(back.slice(0, 2), [
        ["5", "4"],
        ["3", "2"],
      ]);
      const forth = await pages(one, place, { dir: "f", limit: "2", filter });
      assert.deepEqual(forth.flat(), ["1", "2", "3", "4", "5"]);
    },
  },
  {
    name: "/messages stops at `to` and refuses a senseless dir",
    run: async (context) => {
      const someone = await person(context);
      const place = await room(someone);
      await say(someone, place, { body: "before" });
      const mark = textOf(await someone.ok("GET", "/sync?timeout=0"), "next_batch");
      await say(someone, place, { body: "after 1" });
      await say(someone, place, { body: "after 2" });
      const found = await page(someone, place, { dir: "b", to: mark, limit: "50" });
      assert.deepEqual(bodies(found), ["after 2", "after 1"]);
      const path = `/rooms/${seg(place)}/messages?dir=x`;
      assert.equal((await someone.ask("GET", path)).status, 400);
    },
  },
  {
    name: "a member reads what was said before he came",
    run: async (context) => {
      const [owner, late] = [await person(context), await ghost(context)];
      const place = await room(owner);
      await say(owner, place, { body: "early" });
      await late.ok("POST", `/join/${seg(place)}`, {});
      assert.ok(bodies(await page(late, place, { dir: "b", limit: "50" })).includes("early"));
    },
  },
  {
    name: "/relations gives an event's children newest first, by kind and by type",
    run: async (context) => {
      const puppet = await ghost(context);
      const place = await room(puppet);
      const said = await say(puppet, place, { body: "x" });
      const send = async (type: string, relation: Body): Promise<string> => {
        const path = `/rooms/${seg(place)}/send/${type}/${fresh("txn")}`;
        const content = {
          msgtype: "m.text",
          body: "* y",
          "m.relates_to": { event_id: said, ...relation },
        };
        return textOf(await puppet.ok("PUT", path, content), "event_id");
      };
      const edit1 = await send("m.room.message", { rel_type: "m.replace" });
      const edit2 = await send("m.room.message", { rel_type: "m.replace" });
      const reaction = await send("m.reaction", { rel_type: "m.annotation", key: "a" });
      const base = `/_matrix/client/v1/rooms/${seg(place)}/relations/${seg(said)}`;
      const ids = async (path: string): Promise<unknown[]> =>
        listOf(await puppet.ok("GET", `${base}${path}`), "chunk").map((child) => child["event_id"]);
      assert.deepEqual(await ids(""), [reaction, edit2, edit1]);
      assert.deepEqual(await ids("/m.replace"), [edit2, edit1]);
      assert.deepEqual(await ids("/m.annotation/m.reaction"), [reaction]);
      assert.deepEqual(await ids("/m.replace?dir=f"), [edit1, edit2]);
      const first = await puppet.ok("GET", `${base}?limit=2`);
      const rest = await ids(`?limit=2&from=${seg(textOf(first, "next_batch"))}`);
      assert.deepEqual(rest, [edit1]);
      await puppet.ok("PUT", `/rooms/${seg(place)}/redact/${seg(edit2)}/1`, {});
      assert.deepEqual(await ids("/m.replace"), [edit1]);
    },
  },
  {
    name: "/context shows what is around an event; an unknown event is M_NOT_FOUND",
    run: async (context) => {
      const puppet = await ghost(context);
      const place = await room(puppet);
      const ids: string[] = [];
      for (const body of ["1", "2", "3"]) ids.push(await say(puppet, place, { body }));
      const around = await puppet.ok(
        "GET",
        `/rooms/${seg(place)}/context/${seg(ids[1] ?? "")}?limit=2`,
      );
      assert.deepEqual(
        listOf(around, "events_before").map((one) => one["event_id"]),
        [ids[0]],
      );
      assert.deepEqual(
        listOf(around, "events_after").map((one) => one["event_id"]),
        [ids[2]],
      );
      assert.equal(asBody(around["event"])["event_id"], ids[1]);
      const unknown = `/rooms/${seg(place)}/event/${seg(`$${"c".repeat(43)}`)}`;
      refused(await puppet.ask("GET", unknown), 404, "M_NOT_FOUND");
    },
  },
  {
    name: "sync shows an invite, then the room, then new events; its own with the transaction id",
    run: async (context) => {
      const [owner, client] = [await ghost(context), await reader(context)];
      const place = await room(owner, { preset: "private_chat", name: "Here" });
      await client.sync();
      await owner.ok("POST", `/rooms/${seg(place)}/invite`, { user_id: client.userId });
      assert.equal(await client.untilInvited(), place);
      await client.join(place);
      await client.until(
        (event) => event.type === "m.room.name" && event.content["name"] === "Here",
      );
      const said = await say(owner, place, { body: "hello" });
      assert.equal((await client.untilText(place, "hello")).event_id, said);
      const own = await client.send(place, "own");
      const seen = await client.until((event) => event.event_id === own);
      assert.equal(typeof seen.unsigned["transaction_id"], "string");
      const other = await client.until((event) => event.event_id === said);
      assert.equal(other.unsigned["transaction_id"], undefined);
    },
  },
  {
    name: "sync tells a kick as a room that was left, typing and receipts as ephemeral",
    run: async (context) => {
      const [owner, client] = [await ghost(context), await reader(context)];
      const place = await room(owner);
      await client.join(place);
      await client.sync();
      const path = `/rooms/${seg(place)}`;
      const said = await say(owner, place, { body: "x" });
      await owner.ok("PUT", `${path}/typing/${seg(owner.userId)}`, {
        typing: true,
        timeout: 20_000,
      });
      await client.until((event) => {
        const users = event.type === "m.typing" ? event.content["user_ids"] : undefined;
        return Array.isArray(users) && users.includes(owner.userId);
      });
      await owner.ok("POST", `${path}/receipt/m.read/${seg(said)}`, {});
      await client.until((event) => event.type === "m.receipt" && said in event.content);
      await owner.ok("POST", `${path}/kick`, { user_id: client.userId });
      const isOut = (event: { state_key?: string | undefined; content: Body }): boolean =>
        event.state_key === client.userId && event.content["membership"] === "leave";
      assert.equal((await client.until(isOut)).sender, owner.userId);
    },
  },
  {
    name: "sync gives account data, a limited timeline says so and leads into /messages",
    run: async (context) => {
      const someone = await person(context);
      const place = await room(someone);
      const first = textOf(await someone.ok("GET", "/sync?timeout=0"), "next_batch");
      const data = `/user/${seg(someone.userId)}/account_data/m.direct`;
      await someone.ok("PUT", data, { a: ["b"] });
      assert.deepEqual(await someone.ok("GET", data), { a: ["b"] });
      for (const body of ["1", "2", "3", "4"]) await say(someone, place, { body });
      const filter = seg(JSON.stringify({ room: { timeline: { limit: 2 } } }));
      const next = await someone.ok("GET", `/sync?timeout=0&since=${first}&filter=${filter}`);
      const [entry] = listOf(asBody(next["account_data"]), "events");
      assert.deepEqual([entry?.["type"], entry?.["content"]], ["m.direct", { a: ["b"] }]);
      const joined = asBody(asBody(asBody(next["rooms"])["join"])[place]);
      const timeline = asBody(joined["timeline"]);
      assert.equal(timeline["limited"], true);
      const shown = listOf(timeline, "events").map((event) => asBody(event["content"])["body"]);
      assert.deepEqual(shown, ["3", "4"]);
      const from = textOf(timeline, "prev_batch");
      const earlier = await page(someone, place, { dir: "b", from, limit: "2" });
      assert.deepEqual(bodies(earlier), ["2", "1"]);
    },
  },
  {
    name: "sync without news answers empty at its timeout and keeps its place",
    run: async (context) => {
      const someone = await person(context);
      await room(someone);
      let since = textOf(await someone.ok("GET", "/sync?timeout=0"), "next_batch");
      since = textOf(await someone.ok("GET", `/sync?timeout=0&since=${since}`), "next_batch");
      const quiet = await someone.ok("GET", `/sync?timeout=50&since=${since}`);
      assert.deepEqual(Object.keys(asBody(asBody(quiet["rooms"])["join"])), []);
    },
  },
];
