import assert from "node:assert/strict";
import { test } from "node:test";
import { loginId, messageId } from "./adapter/index.ts";
import { logOut } from "./engine/index.ts";
import { Gate } from "./flow/gate.ts";
import type { StatusNews } from "./http/status.ts";
import { statusOf } from "./status-source.ts";
import type { Store } from "./store/index.ts";
import { ana, net, openEngine, quiet } from "./testing/engine-fixture.ts";
import { lobby, loginOf, ScriptedNetwork } from "./testing/scripted-network.ts";
import { newOutcome, tempDir } from "./testing/store-fixture.ts";
import { open } from "./testing/store-sqlite.ts";
import { until } from "./testing/until.ts";

test("news that cannot be read is left out and said, and what comes after it is told", async (t) => {
  const real = await open(await tempDir(t));
  const away = new Error("the database is away");
  const items = { ...real.read.items, ofOrigin: () => Promise.reject(away) };
  const store: Store = {
    read: { ...real.read, items },
    commit: (work) => real.commit(work),
    away: undefined,
    close: () => real.close(),
  };
  t.after(() => store.close());
  const warned: string[] = [];
  const log = { ...quiet, warn: (_: string, data?: object) => warned.push(JSON.stringify(data)) };
  const scene = await openEngine(t, { store, log });
  const { engine } = scene;
  const { id } = await scene.plumb();
  const told: StatusNews[] = [];
  const end = statusOf({ engine, gate: new Gate() }).subscribe((news) => void told.push(news));
  t.after(end);
  const happens = (origin: string, state: "retrying" | "delivered"): void =>
    engine.works.box.observe({
      what: "outcome",
      outcome: newOutcome(id, origin, { state }),
      took: 0,
    });
  happens("$1", "delivered");
  happens("$2", "retrying");
  happens("$3", "delivered");
  await until("all is told", () => told.length === 2);
  const origins = told.map((news) => (news.what === "outcome" ? news.outcome.origin : news.what));
  assert.deepEqual(origins, ["$1", "$3"]);
  assert.deepEqual(warned, ['{"what":"outcome","why":"Error: the database is away"}']);
});

test("what waited and was given up without an outcome is told to readers of the queue", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const source = statusOf({ engine: scene.engine, gate: new Gate() });
  const depths: number[] = [];
  const looked: Promise<unknown>[] = [];
  const look = async (): Promise<void> => {
    const queues = await source.depth();
    depths.push(queues.reduce((sum, { count }) => sum + count, 0));
  };
  t.after(source.subscribe(({ what }) => void (what === "queue" && looked.push(look()))));
  const ids = [messageId("unknown")];
  await scene.network.accept([{ kind: "delete", chat: lobby, at: 1, key: "d", ids, for: "all" }]);
  await scene.settle();
  await Promise.all(looked);
  assert.equal(depths.at(-1), 1);
  scene.clock.advance(60_000);
  await scene.settle();
  await Promise.all(looked);
  assert.equal(depths.at(-1), 0);
});

test("readers hear of a login that is gone, once", async (t) => {
  const network = new ScriptedNetwork({ standing: [] });
  const { engine, store } = await openEngine(t, { network });
  const { works, supervisor } = engine;
  const live = works.box.networks.get(net);
  assert.ok(live);
  const id = loginId("net:ana");
  const row = {
    ...loginOf("ana", "user"),
    id,
    network: net,
    owner: ana,
    accountVersion: 1,
    since: 0,
  };
  await store.commit((tx) => tx.logins.put(row));
  const login = await supervisor.add(live, row);
  await until("it is connected", () => login.state === "connected");
  const told: string[] = [];
  const source = statusOf({ engine, gate: new Gate() });
  t.after(
    source.subscribe((news) => {
      if (news.what === "login") told.push(`${news.login.name} ${news.login.state}`);
    }),
  );
  await logOut(works, supervisor, row);
  await until("it is told", () => told.length > 0);
  assert.deepEqual(told, ["ana logged-out"]);
});
