import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { BridgeError, chatId, userId } from "../adapter/index.ts";
import type { Ban, ChatRef } from "../adapter/index.ts";
import { ana } from "../testing/engine-fixture.ts";
import { lobby, ScriptedNetwork } from "../testing/scripted-network.ts";
import { logIn } from "../testing/log-in.ts";
import { openTalk } from "../testing/talk-scene.ts";

const room = "!lobby:hs.test";
const lunch = { id: chatId("#lunch") };
const masks: readonly Ban[] = [
  { mask: "*!*@spam.example", on: true, by: userId("alice"), at: Date.UTC(2026, 10, 26, 18, 30) },
  { mask: "$~a", on: true, kind: "quiet" },
  { mask: "a\nb – banned", on: true, at: Number.MAX_VALUE, reason: "so\nit is" },
];

const open = async (t: TestContext, more: ScriptedNetwork["more"] = {}) => {
  const network = new ScriptedNetwork();
  const set: [ChatRef, Ban][] = [];
  network.more = {
    resolve: (name) =>
      Promise.resolve(
        name === "#lunch" ? { name, chat: lunch } : { name, user: userId(name), chat: lobby },
      ),
    bans: () => Promise.resolve(masks),
    setBan: async (chat, ban) => void set.push([chat, ban]),
    ...more,
  };
  const scene = await openTalk(t, { network });
  await scene.plumb();
  scene.homeserver.state.set(`${room} m.room.power_levels `, { users: { [ana]: 100 } });
  return { ...scene, set };
};

test("who has a login sees the lists of a chat where nobody else reads along", async (t) => {
  const scene = await open(t);
  const { ask, homeserver } = scene;
  assert.match(await ask("bans net #lunch"), /you are not logged in to net/);
  await logIn(scene, "one");
  const said = await ask("bans net #lunch");
  assert.equal(
    said,
    [
      "#lunch has on its lists:",
      "  *!*@spam.example – banned by alice since 2026-11-26 18:30 UTC",
      "  $~a – may not speak",
      "  a b – banned – banned (so it is)",
      'Say "unban net #lunch <mask>" to take one off.',
    ].join("\n"),
  );
  assert.match(await ask("bans net"), /Tell me of which chat/);
  assert.match(await ask("bans net dora"), /no chat of net is called dora/);
  homeserver.makeRoom(room, [ana, homeserver.bot, "@bob:hs.test"]);
  assert.match(await ask("!net bans", { room }), /where others read along/);
});

test("a mask is set and lifted by the login of who asks, in the chat of the room or one that is named", async (t) => {
  const scene = await open(t);
  const { ask, set } = scene;
  assert.match(await ask("!net ban *!*@spam.example", { room }), /you are not logged in to net/);
  await logIn(scene, "one");
  assert.equal(
    await ask("!net ban *!*@spam.example", { room }),
    "That stands now: *!*@spam.example in lobby – banned.",
  );
  assert.match(await ask("unban net #lunch quiet $~a"), /^That stands no more: \$~a in #lunch/);
  assert.deepEqual(set, [
    [lobby, { mask: "*!*@spam.example", on: true }],
    [lunch, { mask: "$~a", on: false, kind: "quiet" }],
  ]);
  for (const wrong of [
    "ban net",
    "ban net #lunch",
    "ban net #lunch constructor eve",
    "ban net #lunch eve dora",
  ])
    assert.match(await ask(wrong), /^Tell me whom/, wrong);
  assert.equal(set.length, 2);
});

test("what the network refuses is told, and a network without lists says what can be done", async (t) => {
  const forbidden = new BridgeError("forbidden", "It was not put on the list – ask an operator.", {
    reached: "no",
    scope: "item",
  });
  const scene = await open(t, { setBan: () => Promise.reject(forbidden) });
  await logIn(scene, "one");
  assert.match(await scene.ask("ban net #lunch eve"), /ask an operator/);
  const other = await openTalk(t);
  await logIn(other, "one");
  assert.match(await other.ask("bans net #lunch"), /Whom you ban in a room is banned there/);
});
