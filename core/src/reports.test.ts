import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { loginId, messageId } from "./adapter/index.ts";
import { logOut } from "./engine/index.ts";
import { startReports } from "./reports.ts";
import { statusOf } from "./status-source.ts";
import { ana, net, openEngine, quiet } from "./testing/engine-fixture.ts";
import { gap, numbers, openHealed, room } from "./testing/healed-scene.ts";
import { postedTo } from "./testing/post-place.ts";
import { loginOf, saying, ScriptedNetwork } from "./testing/scripted-network.ts";
import { until } from "./testing/until.ts";

const relay = "net:relay";

const reportTo = async (
  t: TestContext,
  { engine }: Pick<Awaited<ReturnType<typeof openEngine>>, "engine">,
) => {
  const { posted, posting } = await postedTo(t);
  const started = startReports(
    {
      config: {
        status: {
          endpoint: posting.url,
          events: false,
          receipts: false,
          logins: false,
        },
      },
      registration: { as_token: "secret" },
      log: quiet,
    },
    { engine, bot: "@bridgebox:hs.test", signal: posting.signal },
  );
  const of = (login?: string): readonly unknown[] =>
    posted.flatMap(({ body }) => (body["remote_id"] === login ? [body["state_event"]] : []));
  return { started, of };
};

test("a box that has no login says so, and says it when the last one is gone", async (t) => {
  const network = new ScriptedNetwork({ standing: [] });
  const scene = await openEngine(t, { network });
  const { started, of } = await reportTo(t, scene);
  await until("it starts", () => of().includes("STARTING"));
  started();
  await until("it has none", () => of().at(-1) === "UNCONFIGURED");
  const { engine, store } = scene;
  const { id, user, name, account, role } = loginOf("net:ana", "user");
  const row = {
    id,
    user,
    name,
    account,
    role,
    network: net,
    owner: ana,
    accountVersion: 1,
    since: 0,
  };
  await store.commit((tx) => tx.logins.put(row));
  const live = engine.works.box.networks.get(net);
  assert(live);
  await engine.supervisor.add(live, row);
  await until("it has one", () => of().at(-1) === "RUNNING");
  await until("which is connected", () => of("net:ana").at(-1) === "CONNECTED");
  await logOut(engine.works, engine.supervisor, row);
  await until("it has none again", () => of().at(-1) === "UNCONFIGURED");
});

test("a network that cannot be opened yet may have accounts of the box", async (t) => {
  const network = new ScriptedNetwork({ standing: [] });
  network.opening = () => Promise.reject(new Error("it is away"));
  const { started, of } = await reportTo(t, await openEngine(t, { network, opened: false }));
  started();
  await until("it runs", () => of().at(-1) === "RUNNING");
});

test("while a login brings what was missed, that is what is posted of it", async (t) => {
  const scene = await openHealed(t);
  const { started, of } = await reportTo(t, scene);
  started();
  const { archive, network, homeserver, settle } = scene;
  await network.accept([archive.say(1), archive.say(2)]);
  await scene.idle();
  for (let number = 3; number <= 8; number += 1) archive.say(number);
  let go = (): void => undefined;
  archive.waits = () => new Promise((resolve) => (go = resolve));
  await network.accept([gap({ from: messageId("2") })]);
  await until("it reads", () => of(relay).at(-1) === "BACKFILLING");
  const source = statusOf({ engine: scene.engine, gate: scene.engine.works.box.homeserverGate });
  const asked = async (): Promise<unknown> => {
    const {
      networks: [first],
    } = await source.snapshot();
    return first?.logins.map(({ state, catchesUp }) => [state, catchesUp]);
  };
  assert.deepEqual(await asked(), [["connected", true]]);
  assert.deepEqual(homeserver.said(room), numbers(1, 2));
  archive.waits = () => Promise.resolve();
  go();
  await until("it is done", () => of(relay).at(-1) === "CONNECTED");
  assert.deepEqual(homeserver.said(room), numbers(1, 8));
  assert.deepEqual(of(relay), ["BACKFILLING", "CONNECTED"]);
  assert.deepEqual(await asked(), [["connected", false]]);
  assert.equal(scene.engine.works.catchUp.isRunning(loginId(relay)), false);
  await settle();
});

test("the same while what its network brings again waits to be shown, until something new is said", async (t) => {
  const scene = await openEngine(t);
  await scene.plumb();
  const { of } = await reportTo(t, scene);
  const { network, homeserver } = scene;
  const hold = Promise.withResolvers<void>();
  homeserver.before = ({ op, what }) =>
    op === "send" && JSON.stringify(what).includes("missed") ? hold.promise : undefined;
  await network.accept([saying("bob", "missed")], { catchUp: true });
  await until("it is brought", () => of(relay).at(-1) === "BACKFILLING");
  await network.accept([saying("bob", "new")]);
  hold.resolve();
  await until("it is done", () => of(relay).at(-1) === "CONNECTED");
  await scene.idle();
  assert.deepEqual(homeserver.said(room), ["missed", "new"]);
  assert.equal(scene.engine.works.catchUp.isRunning(loginId(relay)), false);
});
