import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { chatId, loginId, userId } from "../adapter/index.ts";
import type { ChatInfo, ChatRef, Connection } from "../adapter/index.ts";
import { net, openEngine } from "../testing/engine-fixture.ts";
import { until } from "../testing/until.ts";
import { lobby, saying, scriptedInfo, ScriptedNetwork } from "../testing/scripted-network.ts";

const chats = new Set(["lobby", "attic"]);

const resolve: NonNullable<Connection["resolve"]> = (name) => {
  if (name === "broken") return Promise.reject(new Error("the network said nonsense"));
  if (chats.has(name)) return Promise.resolve({ name, chat: { id: chatId(name) } });
  return Promise.resolve(name === "bob" ? { name, user: userId("bob") } : undefined);
};

/** Two networks of one kind; Bob has spoken in the lobby of the first. */
const open = async (t: TestContext) => {
  const network = new ScriptedNetwork();
  const two = new ScriptedNetwork({ id: "two" });
  network.more = { resolve };
  two.more = { resolve: () => Promise.resolve(undefined) };
  const scene = await openEngine(t, { network, others: [two] });
  await scene.plumb();
  await network.accept([saying("bob", "hello")]);
  await scene.idle();
  return { ...scene, queries: scene.engine.queries };
};

const place = (chat: string) => ({
  alias: `#net_${chat}:hs.test`,
  protocol: "scripted",
  fields: { network: "net", chat },
});
const bob = {
  userid: "@net_bob:hs.test",
  protocol: "scripted",
  fields: { network: "net", user: "bob" },
};

test("a protocol tells its fields, each with its type, and a network for each instance", async (t) => {
  const { queries } = await open(t);
  const told = await queries.protocol("scripted");
  assert.deepEqual(told?.["user_fields"], ["network", "user"]);
  assert.deepEqual(told["location_fields"], ["network", "chat"]);
  assert.deepEqual(Object.keys(told["field_types"] ?? {}).toSorted(), ["chat", "network", "user"]);
  const instance = (id: string) => ({ desc: id, network_id: id, fields: { network: id } });
  assert.deepEqual(told["instances"], [instance("net"), instance("two")]);
  for (const name of ["", "other", "__proto__"])
    assert.equal(await queries.protocol(name), undefined);
});

test("chats and people are found by name, in one network or in all of a kind", async (t) => {
  const { queries } = await open(t);
  for (const more of [{}, { network: "net" }]) {
    const attic = { chat: "attic", ...more };
    assert.deepEqual(await queries.location("scripted", attic), [place("attic")]);
    assert.deepEqual(await queries.person("scripted", { user: "bob", ...more }), [bob]);
  }
  for (const fields of [{ chat: "attic", network: "two" }, { chat: "none" }, { chat: "" }, {}])
    assert.deepEqual(await queries.location("scripted", fields), []);
  for (const user of ["broken", "attic", "x".repeat(10_000), ""])
    assert.deepEqual(await queries.person("scripted", { user }), []);
  assert.deepEqual(await queries.location("other", { chat: "attic" }), []);
});

test("a chat that hides is not found by its name, though an account of the box is in it", async (t) => {
  const network = new ScriptedNetwork();
  let visibility: ChatInfo["visibility"] = "secret";
  let found: ChatRef = { id: chatId("attic") };
  network.more = {
    resolve: (name) => Promise.resolve({ name, chat: found }),
    describe: () => Promise.resolve({ ...scriptedInfo, visibility }),
  };
  const { engine } = await openEngine(t, { network });
  const named = { chat: "Under the roof" };
  assert.deepEqual(await engine.queries.location("scripted", named), []);
  visibility = "public";
  assert.deepEqual(await engine.queries.location("scripted", named), [place("attic")]);
  found = { ...found, receiver: loginId("net:relay") };
  for (const chat of [named.chat, "attic"])
    assert.deepEqual(await engine.queries.location("scripted", { chat }), [], "a private chat");
});

test("no more is asked of a network at once than it can take beside what is said", async (t) => {
  const network = new ScriptedNetwork();
  const waiting: (() => void)[] = [];
  network.more = {
    resolve: (name) =>
      new Promise((answered) =>
        waiting.push(() => answered({ name, user: userId(name), chat: { id: chatId(name) } })),
      ),
  };
  const { queries } = (await openEngine(t, { network })).engine;
  const asked = Array.from({ length: 50 }, (_, at) =>
    at % 2 === 0
      ? queries.person("scripted", { user: `p${at}` })
      : queries.location("scripted", { chat: `p${at}` }),
  );
  assert.deepEqual(await asked.at(-1), [], "the last ones have their answer");
  assert.ok(waiting.length <= 16, String(waiting.length));
  for (const answer of waiting.splice(0)) answer();
  assert.equal((await Promise.all(asked)).flat().length, 16);
  const again = queries.person("scripted", { user: "bob" });
  await until("it is asked", () => waiting.length === 1);
  for (const answer of waiting) answer();
  assert.equal((await again).length, 1);
});

test("whoever only asks has nothing entered, made or stored", async (t) => {
  const { queries, network, homeserver, store } = await open(t);
  const calls = homeserver.calls.length;
  const did = network.did.length;
  assert.equal((await queries.location("scripted", { chat: "attic" })).length, 1);
  assert.equal(await store.read.portals.find(net, { id: chatId("attic") }), undefined);
  assert.deepEqual([homeserver.calls.length, network.did.length], [calls, did]);
});

test("what is behind an alias or a user of ours is told, and of nothing else", async (t) => {
  const { queries } = await open(t);
  assert.deepEqual(await queries.locationOf(place(lobby.id).alias), [place(lobby.id)]);
  assert.deepEqual(await queries.personOf(bob.userid), [bob]);
  for (const alias of [place("attic").alias, "#net_lobby:other.test", "#lobby:hs.test", "", "#"])
    assert.deepEqual(await queries.locationOf(alias), [], alias);
  for (const user of ["@net_nobody:hs.test", "@ana:hs.test", "@net_bob:other.test", "", "@"])
    assert.deepEqual(await queries.personOf(user), [], user);
});
