import assert from "node:assert/strict";
import { test } from "node:test";
import { BridgeError } from "../adapter/index.ts";
import type { Adapter, Json, LoginUi } from "../adapter/index.ts";
import { ana, net, openEngine } from "../testing/engine-fixture.ts";
import type { Scene } from "../testing/engine-fixture.ts";
import { loginOf, ScriptedNetwork } from "../testing/scripted-network.ts";
import { until } from "../testing/until.ts";
import type { Login } from "../store/types.ts";
import { startLogin } from "./login-process.ts";
import type { LoginProcess, Step } from "./login-process.ts";

type Flow = Adapter<unknown, Json>["logins"][string];

const withFlow = (run: Flow["run"]): ScriptedNetwork => {
  const network = new ScriptedNetwork({ standing: [] });
  network.logins = { code: { label: "Code", gives: "everything", run } };
  return network;
};

const begin = (
  { engine }: Scene,
  owner = ana,
  { flow = "code", relogin }: { flow?: string; relogin?: Login } = {},
): LoginProcess => {
  const live = engine.works.box.networks.get(net);
  assert.ok(live);
  return startLogin(engine.works, engine.supervisor, { live, flow, owner, relogin });
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

test("a login that its network refuses at once leaves nothing, and is told of as ended", async (t) => {
  const network = withFlow(() => Promise.resolve([loginOf("ana", "user")]));
  network.connecting = async (session) => {
    await session.store.set("learned", "something");
    throw new BridgeError("banned", "That account is closed.", { reached: "no", scope: "item" });
  };
  const scene = await openEngine(t, { network });
  const step = await stepOf(scene, begin(scene));
  assert.ok(step.kind === "failed" && /closed/.test(step.sentence), step.kind);
  assert.deepEqual(await scene.store.read.logins.all(net), []);
  assert.equal(await scene.store.read.keys.get("net:ana", "learned"), undefined);
  const told = scene.news.flatMap((news) => (news.what === "login" ? [news] : [])).at(-1);
  assert.deepEqual([told?.state, told?.ended], ["logged-out", true]);
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
  const steps = [
    await cancelled.next(),
    await failed.next(),
    await begin(scene, ana, { flow: "x" }).next(),
  ];
  const sentences = steps.map((step) => (step.kind === "failed" ? step.sentence : step.kind));
  assert.match(sentences[0] ?? "", /cancelled/);
  assert.equal(sentences[1], "That code is wrong.");
  assert.match(sentences[2] ?? "", /no way to log in called x/);
});

const publicAddress = "https://box.test/b";

const withRedirect = () => {
  const answers: string[] = [];
  const network = withFlow(async (ui) => {
    const back = await ui.redirect((callback, state) => `${callback}?state=${state}`);
    answers.push(back.get("code") ?? "");
    return [loginOf(`account-${back.get("code")}`, "user")];
  });
  return { network, answers };
};

const departed = async (process: LoginProcess): Promise<URL> => {
  const step = await process.next();
  assert.ok(step.kind === "redirect", step.kind);
  return new URL(step.url);
};

test("a question that nobody answers ends its login, so that no later line is taken for the answer", async (t) => {
  const network = withFlow(async (ui) => [loginOf((await askCode(ui)).code, "user")]);
  const scene = await openEngine(t, { network });
  const process = begin(scene);
  assert.equal((await process.next()).kind, "ask");
  scene.clock.advance(15 * 60_000);
  const over = await stepOf(scene, process);
  assert.ok(over.kind === "failed" && /quarter of an hour/.test(over.sentence), over.kind);
  assert.deepEqual(process.asked, []);
});

test("a login that goes through a browser comes back once, to whom it belongs", async (t) => {
  const { network, answers } = withRedirect();
  const scene = await openEngine(t, { network, settings: { publicAddress } });
  const { returns } = scene.engine.works;
  const hers = begin(scene);
  const his = begin(scene, "@eve:hs.test");
  const [url, other] = [await departed(hers), await departed(his)];
  assert.equal(`${url.origin}${url.pathname}`, `${publicAddress}/network/net/login`);
  const state = url.searchParams.get("state") ?? "";
  assert.match(state, /^[\w-]{43}$/);
  assert.equal(returns.whose("net", state), ana);
  assert.equal(returns.whose("net", other.searchParams.get("state") ?? ""), "@eve:hs.test");
  assert.equal(returns.whose("other", state), undefined);
  const answer = new URLSearchParams({ state, code: "7" });
  assert.equal(returns.arrive("other", answer), false);
  assert.equal(returns.arrive("net", answer), true);
  assert.equal(returns.arrive("net", answer), false, "a state is used once");
  const done = await stepOf(scene, hers);
  assert.ok(done.kind === "done" && done.logins[0]?.owner === ana);
  assert.deepEqual(answers, ["7"]);
});

test("a browser that does not come back, or comes after a cancel, logs nobody in", async (t) => {
  const { network, answers } = withRedirect();
  const scene = await openEngine(t, { network, settings: { publicAddress } });
  const { returns } = scene.engine.works;
  const late = begin(scene);
  const lateState = (await departed(late)).searchParams.get("state") ?? "";
  scene.clock.advance(10 * 60_000);
  const over = await late.next();
  assert.ok(over.kind === "failed" && /within ten minutes/.test(over.sentence));
  const cancelled = begin(scene);
  const cancelledState = (await departed(cancelled)).searchParams.get("state") ?? "";
  cancelled.cancel();
  const gone = await cancelled.next();
  assert.ok(gone.kind === "failed" && /cancelled/.test(gone.sentence));
  for (const state of [lateState, cancelledState, "", "x"])
    assert.equal(returns.arrive("net", new URLSearchParams({ state, code: "1" })), false);
  assert.deepEqual(answers, []);
});

test("without a public address such a login says what is missing", async (t) => {
  const scene = await openEngine(t, { network: withRedirect().network });
  const step = await begin(scene).next();
  assert.ok(step.kind === "failed" && /appservice.public_address/.test(step.sentence));
});

test("nobody has more logins than they may; the same one again is none more", async (t) => {
  let name = "one";
  const network = withFlow(() => Promise.resolve([loginOf(name, "user")]));
  const scene = await openEngine(t, { network, settings: { loginsMost: 1 } });
  const first = await stepOf(scene, begin(scene));
  assert.ok(first.kind === "done");
  name = "two";
  const second = await stepOf(scene, begin(scene));
  assert.ok(
    second.kind === "failed" && /as many logins .*, 1\. Log out of one/.test(second.sentence),
  );
  name = "one";
  const [relogin] = first.logins;
  const again = await stepOf(scene, begin(scene, ana, relogin ? { relogin } : {}));
  assert.equal(again.kind, "done");
  const other = await stepOf(scene, begin(scene, "@bob:hs.test"));
  assert.ok(other.kind === "failed" && /somebody else/.test(other.sentence));
});

test("a login that is made again is of the same account, and its flow is told which", async (t) => {
  let name = "one";
  const told: unknown[] = [];
  const network = withFlow((_ui, { relogin }) => {
    told.push(relogin);
    return Promise.resolve([loginOf(name, "user")]);
  });
  const scene = await openEngine(t, { network });
  const first = await stepOf(scene, begin(scene));
  const relogin = first.kind === "done" ? first.logins[0] : undefined;
  assert.ok(relogin);
  await stepOf(scene, begin(scene, ana, { relogin }));
  assert.deepEqual(told, [undefined, { id: "one", account: { name: "one" } }]);
  name = "two";
  const other = await stepOf(scene, begin(scene, ana, { relogin }));
  assert.ok(other.kind === "failed" && /another account than one/.test(other.sentence));
  const rows = await scene.store.read.logins.ofOwner(ana);
  assert.deepEqual(
    rows.map(({ id }) => id),
    ["net:one"],
  );
});
