import assert from "node:assert/strict";
import { test } from "node:test";
import { BridgeError } from "../adapter/index.ts";
import type { Adapter, Json, LoginUi } from "../adapter/index.ts";
import { ana, net, openEngine } from "../testing/engine-fixture.ts";
import type { Scene } from "../testing/engine-fixture.ts";
import { loginOf, ScriptedNetwork } from "../testing/scripted-network.ts";
import { until } from "../testing/until.ts";
import { startLogin } from "./login-process.ts";
import type { LoginProcess, Step } from "./login-process.ts";

type Flow = Adapter<unknown, Json>["logins"][string];

const withFlow = (run: Flow["run"]): ScriptedNetwork => {
  const network = new ScriptedNetwork({ standing: [] });
  network.logins = { code: { label: "Code", gives: "everything", run } };
  return network;
};

const begin = ({ engine }: Scene, owner = ana, flow = "code"): LoginProcess => {
  const live = engine.works.box.networks.get(net);
  assert.ok(live);
  return startLogin(engine.works, engine.supervisor, { live, flow, owner });
};

/** The next step, however long the engine waits before it. */
const stepOf = async (scene: Scene, process: LoginProcess): Promise<Step> => {
  let step: Step | undefined;
  void (async () => {
    step = await process.next();
  })();
  return until("the next step comes", () => {
    scene.clock.advance(20);
    return step;
  });
};

const askCode = (ui: LoginUi) =>
  ui.ask([{ key: "code", label: "Code", type: "code", pattern: "\\d+" }], "Look at your phone");

test("a login asks, refuses what does not fit, and connects what it made", async (t) => {
  const network = withFlow(async (ui) => {
    const { code } = await askCode(ui);
    return [{ ...loginOf("ana", "user"), account: { code } }];
  });
  const scene = await openEngine(t, { network });
  const process = begin(scene);
  const asked = await process.next();
  assert.ok(asked.kind === "ask" && asked.say === "Look at your phone");
  assert.match(process.answer({ code: "abc" }) ?? "", /does not look right/);
  assert.match(process.answer({}) ?? "", /is missing/);
  assert.equal(process.answer({ code: "123" }), undefined);
  const done = await stepOf(scene, process);
  assert.ok(done.kind === "done" && done.logins[0]?.owner === ana);
  await until("it is connected", () => network.sessions.has("net:ana"));
  assert.deepEqual(network.accounts, [{ code: "123" }]);
});

test("one account is one person's: nobody else can log in with it", async (t) => {
  const network = withFlow(() => Promise.resolve([loginOf("shared", "user")]));
  const scene = await openEngine(t, { network });
  const first = await stepOf(scene, begin(scene));
  const second = await stepOf(scene, begin(scene, "@eve:hs.test"));
  assert.equal(first.kind, "done");
  assert.ok(second.kind === "failed" && /somebody else/.test(second.sentence));
});

test("a login that is cancelled, fails or does not exist says so", async (t) => {
  const network = withFlow(async (ui, { signal }) => {
    await askCode(ui);
    signal.throwIfAborted();
    throw new BridgeError("auth", "That code is wrong.", { reached: "no", scope: "item" });
  });
  const scene = await openEngine(t, { network });
  const cancelled = begin(scene);
  await cancelled.next();
  cancelled.cancel();
  const failed = begin(scene);
  await failed.next();
  failed.answer({ code: "1" });
  const steps = [await cancelled.next(), await failed.next(), await begin(scene, ana, "x").next()];
  const sentences = steps.map((step) => (step.kind === "failed" ? step.sentence : step.kind));
  assert.match(sentences[0] ?? "", /cancelled/);
  assert.equal(sentences[1], "That code is wrong.");
  assert.match(sentences[2] ?? "", /no way to log in called x/);
});
