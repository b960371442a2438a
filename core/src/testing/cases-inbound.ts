import assert from "node:assert/strict";
import type { Case } from "./cases-life.ts";
import type { Life, Scene } from "./scene.ts";
import { countHeard, heard, sendAll, contentOf, textOf } from "./scene.ts";
import { until } from "./until.ts";

const done = undefined;
const noIds = "the wire has no ids, so nothing that was missed can be asked for";

/** From the network to the core. */
export const inboundCases = {
  "hands over what another person says": async (scene) => {
    const life = await scene.live();
    await scene.stage.person.say("hello from the other side");
    const event = await heard(life, "hello from the other side");
    assert.deepEqual(event.chat, life.chat);
    assert.notEqual(event.sender, life.login.user);
    assert.notEqual(event.key, "");
    const batch = life.host.batches.find((it) => it.events.includes(event));
    assert(batch?.seenBy.includes(life.login.id), "seenBy names the login");
    assert.deepEqual(JSON.parse(JSON.stringify(event)), event, "an event must be plain JSON");
    return done;
  },

  "keeps the order of what was said": async (scene) => {
    const life = await scene.live();
    const said = Array.from({ length: 8 }, (_, index) => `line ${index}`);
    for (const text of said) await scene.stage.person.say(text);
    await heard(life, said.at(-1) ?? "");
    const got = life.host.events.flatMap((it) =>
      it.kind === "message" ? [textOf(it.content)] : [],
    );
    assert.deepEqual(
      got.filter((text) => said.includes(text)),
      said,
    );
    return done;
  },

  "the same word said three times is three messages": async (scene) => {
    const life = await scene.live();
    for (let time = 0; time < 3; time += 1) await scene.stage.person.say("again");
    await until("three messages", () => countHeard(life, "again") === 3);
    return done;
  },

  "hostile text arrives as text": async (scene) => {
    const life = await scene.live();
    for (const text of [
      "<script>alert(1)</script> & <b>",
      "@everyone @here <!channel> @room",
      "*a* _b_ `c` ~d~ [e](javascript:1)",
      "a\u202eb c",
    ]) {
      await scene.stage.person.say(text);
      await life.host.event(`the text ${text}`, (event) => {
        if (event.kind !== "message") return undefined;
        const words = text.replace(/[^\p{L}\d]/gu, "");
        return textOf(event.content).replace(/[^\p{L}\d]/gu, "") === words;
      });
    }
    return done;
  },

  "what was refused is not acknowledged: it comes again": async (scene) => {
    if (scene.ids === "none") return noIds;
    return comesAgain(scene, () => Promise.reject(new Error("The disk is full.")));
  },

  "what was not committed yet is not acknowledged either": async (scene) => {
    if (scene.ids === "none") return noIds;
    return comesAgain(scene, () => new Promise(() => {}));
  },

  "goes on where it was after a restart": async (scene) => {
    if (scene.ids === "none") return noIds;
    const first = await scene.live();
    await scene.stage.person.say("before");
    await heard(first, "before");
    await first.close();
    await scene.stage.person.say("missed one");
    await scene.stage.person.say("missed two");
    const second = await scene.live(first.host.kept);
    await scene.stage.person.say("after");
    for (const text of ["missed one", "missed two", "after"]) await heard(second, text);
    assert.deepEqual(
      ["missed one", "missed two", "after"].map((text) => countHeard(second, text)),
      [1, 1, 1],
    );
    const keys = (life: Life) =>
      life.host.events.flatMap((it) =>
        it.kind === "message" && textOf(it.content) === "before" ? [it.key] : [],
      );
    const known = keys(first);
    assert(
      keys(second).every((key) => known.includes(key)),
      "a replay has the key it had",
    );
    return done;
  },

  "comes back by itself after a cut": async (scene) => {
    const life = await scene.live();
    const before = life.host.states.length;
    scene.stage.faults.cut();
    await until("a reconnect", () =>
      life.host.states.slice(before).some(({ state }) => state === "connected"),
    );
    await scene.stage.ready?.();
    await scene.stage.person.say("after the cut");
    await heard(life, "after the cut");
    return done;
  },

  "hands over an edit": async (scene) => {
    const { person } = scene.stage;
    if (!person.edit) return "the network has no edits";
    const life = await scene.live();
    await person.say("with a tpyo");
    const { id } = await heard(life, "with a tpyo");
    await person.edit("with a tpyo", "without a typo");
    const edit = await life.host.event("the edit", (it) => it.kind === "edit" && it);
    assert.equal(edit.id, id);
    assert.equal(textOf(edit.content), "without a typo");
    assert.notEqual(edit.version, "");
    return done;
  },

  "hands over a removal": async (scene) => {
    const { person } = scene.stage;
    if (!person.remove) return "the network has no removals";
    const life = await scene.live();
    await person.say("never mind");
    const { id } = await heard(life, "never mind");
    await person.remove("never mind");
    const removal = await life.host.event("the removal", (it) => it.kind === "delete" && it);
    assert(removal.ids.includes(id));
    return done;
  },

  "hands over a reply with its target": async (scene) => {
    const { person } = scene.stage;
    if (!person.answer) return "the network has no replies";
    const life = await scene.live();
    const [id] = await sendAll(life, contentOf("what time is it?"));
    await person.answer("what time is it?", "late");
    const { content } = await heard(life, "late");
    assert.equal(content.replyTo?.id, id);
    return done;
  },
} as const satisfies Record<string, Case>;

const comesAgain = async (
  scene: Scene,
  beforeCommit: () => Promise<void>,
): Promise<string | undefined> => {
  const first = await scene.live();
  let offered = false;
  first.host.beforeCommit = (batch) => {
    if (!batch.events.some((it) => it.kind === "message")) return Promise.resolve();
    offered = true;
    return beforeCommit();
  };
  await scene.stage.person.say("do not lose me");
  await until("the message is offered", () => offered);
  await first.close();
  const second = await scene.live(first.host.kept);
  await scene.stage.person.say("what comes after it");
  await heard(second, "what comes after it");
  assert.equal(countHeard(second, "do not lose me"), 1);
  return done;
};
