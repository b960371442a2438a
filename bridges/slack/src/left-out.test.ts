import assert from "node:assert/strict";
import { onHub, type Scene } from "./testing/boxes.ts";
import { listenerFor, textsOf, type Heard } from "./testing/listening.ts";
import { chatOf } from "./testing/world.ts";

/** A login to which some messages make no sense, and the log of its own. */
const puzzled = (scene: Scene, logged: unknown[]): Heard => {
  const heard = listenerFor(scene, scene.app.botToken, [chatOf(scene.general)]);
  const confirms: Heard["view"]["confirms"] = ({ text }) => {
    if (text.startsWith("odd")) throw new TypeError(`no sense in ${text}\n    at all`);
    return undefined;
  };
  const log = { ...heard.view.log, error: (_: string, data?: unknown) => void logged.push(data) };
  return { ...heard, view: { ...heard.view, confirms, log } };
};

onHub("a message that makes no sense keeps no other away, missed or live", async (scene) => {
  const { server, app, bob, general } = scene;
  const kept = await scene.begun(app.botToken);
  const say = (text: string) => server.say(bob, general, text).ts;
  const missed = say("odd and missed");
  say("missed");
  const { core, hub } = scene.box(kept);
  const logged: unknown[] = [];
  const again = puzzled(scene, logged);
  await hub.add(again);
  await again.reached("connected");
  const live = say("odd and live");
  say("live");
  await core.until(() => textsOf(core).includes("live"));
  assert.deepEqual(textsOf(core), ["missed", "live"]);
  assert.equal(again.states.length, 1, "the connection stays");
  const lines = logged.map((each) => JSON.stringify(each));
  for (const ts of [missed, live]) {
    const place = `"channel":"${general.id}","ts":"${ts}"`;
    assert(
      lines.some((line) => line.includes(place)),
      `${place} in ${lines.join("\n")}`,
    );
  }
  for (const line of lines) {
    assert.match(line, /TypeError.*left-out\.test\.ts/, "what it was, and where");
    assert.doesNotMatch(line, /odd|at all/, "and nothing of what was said");
  }
});
