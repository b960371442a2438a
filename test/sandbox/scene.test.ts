import assert from "node:assert/strict";
import { test } from "node:test";
import { Hub } from "./hub.ts";
import { Scene } from "./scene.ts";
import type { Heard, News, SideId } from "./types.ts";

const heard = (side: SideId, how: Heard["how"], id: string): Heard => ({
  side,
  how,
  id,
  room: "lobby",
  from: "Ana",
  text: "hello",
  at: 1,
});

const outcome = (network: string, state: string, sentence: string | null = null) => ({
  origin: "$a",
  network,
  direction: "out",
  state,
  sentence,
  until: null,
});

const open = () => {
  const hub = new Hub();
  const scene = new Scene(hub, { sidesOf: () => ["matrix", "irc", "telegram"] });
  const fates = (id: string): string => {
    const all = scene
      .all()
      .filter((one): one is Extract<News, { what: "fates" }> => one.what === "fates");
    const last = all.findLast((one) => one.id === id);
    return (last?.fates ?? []).map(({ to, state }) => `${to} ${state}`).join(", ");
  };
  return { hub, scene, fates };
};

test("a message is queued, then sent where its server has it", (t) => {
  const { hub, scene, fates } = open();
  t.after(() => hub.close());
  scene.hear(heard("matrix", "said", "$a"));
  assert.equal(fates("$a"), "irc queued, telegram queued");
  scene.hear(heard("irc", "bridged", "irc-1"));
  assert.equal(fates("$a"), "irc sent, telegram queued");
  assert.deepEqual(scene.counts(), {
    in: 1,
    out: 0,
    lost: 0,
    doubled: 0,
    told: 0,
    underway: 1,
    unheard: 0,
  });
});

test("the box's own word counts where it came before or after the message was seen", (t) => {
  const { hub, scene, fates } = open();
  t.after(() => hub.close());
  scene.outcome(outcome("telegram", "retrying", "Telegram asks to wait."));
  scene.hear(heard("matrix", "said", "$a"));
  assert.equal(fates("$a"), "irc queued, telegram retrying");
  scene.outcome(outcome("telegram", "delivered"));
  scene.outcome(outcome("irc", "doubtful", "Nobody can tell."));
  assert.equal(fates("$a"), "irc unsure, telegram sent");
});

test("what was said on a network has its outcomes by the event it became", (t) => {
  const { hub, scene, fates } = open();
  t.after(() => hub.close());
  scene.hear(heard("irc", "said", "irc-1"));
  scene.outcome(outcome("telegram", "failed", "The group is closed."));
  assert.equal(fates("irc-1"), "matrix queued, telegram queued");
  scene.hear(heard("matrix", "bridged", "$a"));
  assert.equal(fates("irc-1"), "matrix sent, telegram failed");
  assert.equal(scene.counts().told, 1);
});

test("lost is only what was given up, and it is found again when it comes", (t) => {
  const { hub, scene } = open();
  t.after(() => hub.close());
  scene.hear(heard("matrix", "said", "$a"));
  scene.giveUp("$a");
  assert.equal(scene.counts().lost, 1);
  scene.hear(heard("irc", "bridged", "irc-1"));
  scene.hear(heard("telegram", "bridged", "telegram-1"));
  assert.deepEqual([scene.counts().lost, scene.counts().out], [0, 1]);
  scene.hear(heard("telegram", "bridged", "telegram-2"));
  assert.equal(scene.counts().doubled, 1);
});
