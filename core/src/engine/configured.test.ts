import assert from "node:assert/strict";
import { test } from "node:test";
import type { Log } from "../adapter/index.ts";
import { ana, net, openEngine, quiet } from "../testing/engine-fixture.ts";
import { ScriptedHomeserver } from "../testing/scripted-homeserver.ts";
import { lobby, ScriptedNetwork } from "../testing/scripted-network.ts";
import { until } from "../testing/until.ts";

test("a room of the config that is not there is named in the log, and the others are bound", async (t) => {
  const network = new ScriptedNetwork();
  network.more = { resolve: (name) => Promise.resolve({ name, chat: { ...lobby } }) };
  const homeserver = new ScriptedHomeserver();
  homeserver.makeRoom("!there:hs.test", [ana]);
  const warned: object[] = [];
  const log: Log = { ...quiet, warn: (says, facts) => void warned.push({ says, ...facts }) };
  const { engine } = await openEngine(t, {
    network,
    homeserver,
    log,
    rooms: [
      { room: "!gone:hs.test", chats: [{ network: net, chat: "lobby" }] },
      { room: "!there:hs.test", chats: [{ network: net, chat: "lobby" }] },
    ],
  });
  await until("the other one is bound", async () => {
    const [portal] = await engine.works.portals.ofRoom("!there:hs.test");
    return portal;
  });
  await until("the missing one is told", () => warned.length > 0);
  const [line] = warned;
  assert.match(JSON.stringify(line), /was not bound; it is tried again.*!gone:hs\.test.*why/);
});
