import assert from "node:assert/strict";
import { BridgeError, errorTable, firstPart } from "../adapter/index.ts";
import type { Content } from "../adapter/index.ts";
import { fromPlain } from "../richtext/index.ts";
import { createAttempt } from "./memory-host.ts";
import { ordersOf } from "./scene.ts";
import type { Scene } from "./scene.ts";

/** A case gives the reason why it does not apply, or nothing. */
export type Case = (scene: Scene) => Promise<string | undefined>;

const done = undefined;

/** Opening, logging in, connecting, describing, closing. */
export const lifeCases = {
  "the config schema names what it does not know": async ({ config, stage }) => {
    const given = typeof stage.config === "object" ? stage.config : {};
    assert.equal(config.parse({ ...given, no_such_key: 1 }).ok, false);
    assert.equal(config.parse("not an object").ok, false);
    return done;
  },

  "finds no fault with a good config, before any login": async ({ check }) => {
    if (check === undefined) return "this adapter checks nothing before a login";
    const findings = await check(AbortSignal.timeout(10_000));
    assert(findings.length > 0, "a check that finds nothing says nothing");
    for (const { what, state, says, fix } of findings) {
      assert.notEqual(state, "failed", says);
      assert.notEqual(what.trim(), "");
      for (const sentence of [says, fix ?? "."]) assert.match(sentence, /\.$/);
    }
    return done;
  },

  "a check ends with its signal": async ({ check }) => {
    if (check === undefined) return "this adapter checks nothing before a login";
    const findings = await check(AbortSignal.abort());
    assert(Array.isArray(findings));
    return done;
  },

  "logs in by each scripted flow, and the account survives JSON": async (scene) => {
    for (const { flow } of scene.stage.logins) {
      const login = await scene.login(flow);
      assert.notEqual(login.id, "");
      assert.notEqual(login.user, "");
      assert.notEqual(login.name.trim(), "", "a login has a name that people can read");
    }
    return done;
  },

  "the same account is the same login": async (scene) => {
    const flow = scene.stage.logins[0]?.flow;
    const [one, two] = [await scene.login(flow), await scene.login(flow)];
    assert.deepEqual([two.id, two.user], [one.id, one.user]);
    return done;
  },

  "a cancelled login ends": async (scene) => {
    for (const { flow } of scene.stage.logins) await assert.rejects(scene.cancelled(flow));
    return done;
  },

  "connects, says so, and closes twice": async (scene) => {
    const life = await scene.live();
    assert.equal(life.host.states.at(-1)?.state, "connected");
    await life.close();
    await life.close();
    return done;
  },

  "describes a chat by what its methods can do": async (scene) => {
    const { connection, chat } = await scene.live();
    const info = await connection.describe(chat, AbortSignal.timeout(5000));
    assert.deepEqual(JSON.parse(JSON.stringify(info)), info, "chat info must be plain JSON");
    const { can, text, version } = info.features;
    for (const method of can) {
      assert.equal(typeof connection[method], "function", `features promise ${method}`);
    }
    assert.notEqual(version, "");
    assert(text.max >= 20, "no message fits into fewer than 20");
    return done;
  },

  "finds a login that is good to be good": async (scene) => {
    const { connection } = await scene.live();
    if (connection.probe === undefined) return "this connection itself says when its login is over";
    await connection.probe(AbortSignal.timeout(10_000));
    return done;
  },

  "keeps secrets out of the log": async (scene) => {
    const life = await scene.live();
    const typed = Object.values(scene.stage.logins[0]?.script.answers ?? {});
    const secrets = typed.filter((it) => typeof it === "string" && it.length >= 12);
    for (const { text } of life.host.logged) {
      for (const secret of secrets) assert(!text.includes(String(secret)), text);
    }
    return done;
  },

  "an error of the network is a sentence with a code": async (scene) => {
    const life = await scene.live();
    const nowhere = scene.stage.nowhere(life.login.id);
    const content: Content = {
      parts: [{ id: firstPart, kind: "text", text: fromPlain("is anybody there?") }],
    };
    const [order] = ordersOf(life, content);
    assert(order);
    const failed =
      (await failureOf(life.connection.describe(nowhere, AbortSignal.timeout(5000)))) ??
      (await failureOf(life.connection.send({ ...order, chat: nowhere }, createAttempt())));
    assert(failed !== undefined, "what is said to nobody fails where it can be known");
    assert(failed instanceof BridgeError, "what a method throws is a BridgeError");
    assert(Object.hasOwn(errorTable, failed.code), failed.code);
    assert.match(failed.message, /\.$/, "a sentence ends with a full stop");
    return done;
  },
} as const satisfies Record<string, Case>;

/** What it failed with; nothing where it did not. */
const failureOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
