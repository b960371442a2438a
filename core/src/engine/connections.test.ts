import assert from "node:assert/strict";
import { test } from "node:test";
import { loginId } from "../adapter/index.ts";
import { openEngine } from "../testing/engine-fixture.ts";
import { liveLogin } from "./box.ts";
import { localConnections } from "./connections.ts";
import { lobby, scriptedInfo, ScriptedNetwork } from "../testing/scripted-network.ts";

const id = loginId("net:relay");

test("a call needs a login that is connected and a method that is there", async (t) => {
  const scene = await openEngine(t);
  const { connections } = scene.engine.works.box;
  const { signal } = new AbortController();
  assert.deepEqual(await connections.call(id, "describe", lobby, signal), scriptedInfo);
  assert.equal(connections.can(id, "leave"), false);
  await assert.rejects(connections.call(id, "leave", lobby, undefined, signal), {
    code: "unsupported",
  });
  const nobody = loginId("net:nobody");
  assert.equal(connections.can(nobody, "send"), false);
  await assert.rejects(connections.call(nobody, "describe", lobby, signal), { code: "network" });
});

test("a call ends with its signal, whatever the adapter does", async (t) => {
  const network = new ScriptedNetwork();
  network.more = { join: () => new Promise(() => undefined) };
  const scene = await openEngine(t, { network });
  const stop = new AbortController();
  const call = scene.engine.works.box.connections.call(id, "join", lobby, stop.signal);
  stop.abort();
  await assert.rejects(call, { code: "timeout", reached: "unknown" });
});

test("each call that an adapter took is counted with what came of it, and none that it never got", async (t) => {
  const network = new ScriptedNetwork();
  network.more = { join: () => Promise.reject(new Error("no")) };
  const { works } = (await openEngine(t, { network })).engine;
  const told: unknown[] = [];
  const connections = localConnections(
    (login) => liveLogin(works.box, login),
    (...what) => told.push(what),
  );
  const { signal } = new AbortController();
  await connections.call(id, "describe", lobby, signal);
  await assert.rejects(connections.call(id, "join", lobby, signal));
  await assert.rejects(connections.call(id, "leave", lobby, undefined, signal));
  await assert.rejects(connections.call(loginId("net:nobody"), "describe", lobby, signal));
  assert.deepEqual(told, [
    ["net", "describe", true],
    ["net", "join", false],
  ]);
});
