import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { BridgeError, errorTable } from "../adapter/index.ts";
import type { Attempt, Order } from "../adapter/index.ts";
import type { Case } from "./cases-life.ts";
import { createAttempt } from "./memory-host.ts";
import type { Life, Scene } from "./scene.ts";
import { contentOf, ordersOf, sendAll } from "./scene.ts";
import { until } from "./until.ts";

const done = undefined;

const only = (life: Life, text: string): Order => {
  const [order, ...more] = ordersOf(life, contentOf(text));
  assert(order && more.length === 0, "a short text is one draft");
  return order;
};

const failure = async (life: Life, order: Order, attempt: Attempt): Promise<BridgeError> => {
  const thrown: unknown = await life.connection
    .send(order, attempt)
    .then((result) => new Error(`it was not refused: ${JSON.stringify(result)}`))
    .catch((thrown: unknown) => thrown);
  assert(thrown instanceof BridgeError, `not a BridgeError: ${String(thrown)}`);
  assert(Object.hasOwn(errorTable, thrown.code));
  assert.match(thrown.message, /\.$/, "a sentence ends with a full stop");
  return thrown;
};

const stored = ({ stage }: Scene, text: string): number =>
  stage.messages().filter((it) => it.ours && it.text === text).length;

/** Asks until there is an answer: after a cut it takes a moment until anything can be asked. */
const answer = async <T>(ask: () => Promise<T> | undefined): Promise<T | undefined> => {
  const deadline = performance.now() + 5000;
  for (;;) {
    try {
      return await ask();
    } catch (cause) {
      if (performance.now() > deadline) throw cause;
      await sleep(5);
    }
  }
};

/** What goes wrong, and what is said about it. */
export const troubleCases = {
  "sending to a chat that does not exist surely reached nobody": async (scene) => {
    const life = await scene.live();
    const order = { ...only(life, "anybody?"), chat: scene.stage.nowhere(life.login.id) };
    const error = await failure(life, order, createAttempt());
    assert.equal(error.reached, "no");
    assert(error.scope === "item" || error.scope === "chat", error.scope);
    assert.equal(errorTable[error.code].transient, false, error.code);
    return done;
  },

  "while the network is away nothing is lost, and later it is sent": async (scene) => {
    const life = await scene.live();
    const connected = life.host.states.filter((it) => it.state === "connected").length;
    await scene.stage.faults.stop();
    await until("the adapter notices", () => life.host.states.at(-1)?.state !== "connected");
    const order = only(life, "patience");
    const error = await failure(life, order, createAttempt());
    assert.equal(error.reached, "no", "nothing was written");
    assert(errorTable[error.code].transient, error.code);
    assert(error.scope === "login" || error.scope === "network", error.scope);
    await scene.stage.faults.start();
    await life.host.reached("connected", connected + 1);
    await scene.stage.ready?.();
    await sendAll(life, contentOf("patience"));
    await until("it arrived once", () => stored(scene, "patience") === 1);
    return done;
  },

  "a lost answer is in doubt, and is looked up where it can be": async (scene) => {
    const life = await scene.live();
    const { connection } = life;
    const { faults } = scene.stage;
    if (!faults.swallowReply) return "the server cannot swallow an answer";
    faults.swallowReply();
    const order = only(life, "did you get this?");
    const stop = new AbortController();
    const attempt = createAttempt(undefined, stop.signal);
    const failed = failure(life, order, attempt);
    await until("the server has it", () => stored(scene, "did you get this?") === 1);
    stop.abort();
    assert.equal((await failed).reached, "unknown");
    if (!connection.find) return done;
    const found = await answer(() => connection.find?.(order, createAttempt(attempt)));
    assert.equal(found?.state, "sent");
    assert.equal(stored(scene, "did you get this?"), 1);
    return done;
  },

  "what was never sent is not found": async (scene) => {
    const life = await scene.live();
    if (!life.connection.find) return "the adapter has no find";
    const found = await life.connection.find(only(life, "never said"), createAttempt());
    assert.notEqual(found.state, "sent");
    return done;
  },

  "an attempt that was given up before it began sends nothing": async (scene) => {
    const life = await scene.live();
    const attempt = createAttempt(undefined, AbortSignal.abort());
    const order = only(life, "too late");
    const error = await failure(life, order, attempt);
    if (error.reached === "unknown") {
      const found = await life.connection.find?.(order, createAttempt(attempt));
      assert.equal(found?.state, "absent", "nothing was sent, and nobody can tell");
    }
    await sendAll(life, contentOf("marker"));
    await until("the marker", () => stored(scene, "marker") === 1);
    assert.equal(stored(scene, "too late"), 0);
    return done;
  },

  "closing ends a send that waits": async (scene) => {
    const { faults } = scene.stage;
    if (!faults.swallowReply) return "the server cannot swallow an answer";
    const life = await scene.live();
    faults.swallowReply();
    const waiting = life.connection.send(only(life, "waiting"), createAttempt()).then(
      (result) => result.state,
      () => "failed",
    );
    await until("the server has it", () => stored(scene, "waiting") === 1);
    await life.close();
    assert(["failed", "pending"].includes(await waiting));
    return done;
  },
} as const satisfies Record<string, Case>;
