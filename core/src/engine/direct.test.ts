import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { loginId } from "../adapter/index.ts";
import { ana, net } from "../testing/engine-fixture.ts";
import { openPuppet, room } from "../testing/puppet-scene.ts";
import { refusal } from "../testing/scripted-homeserver.ts";
import { lobby } from "../testing/scripted-network.ts";
import { openDirectChat } from "./direct.ts";

/** Ana's login finds a chat that has a room, into which the bot may not invite. */
const open = async (t: TestContext) => {
  const scene = await openPuppet(t);
  const { works, supervisor } = scene.engine;
  const live = works.box.networks.get(net);
  const row = live?.logins.get(loginId("net:anna0"))?.row;
  assert.ok(live && row);
  scene.network.more = {
    ...scene.network.more,
    resolve: () => Promise.resolve({ name: "Bob", chat: lobby }),
    startChat: () => Promise.resolve(lobby),
  };
  await supervisor.add(live, row);
  await scene.settle();
  scene.homeserver.before = ({ op }) => {
    if (op === "invite") throw refusal("M_FORBIDDEN");
  };
  const ask = (asker: string) => {
    const { signal } = works.box;
    return openDirectChat(works, { live, asker, signal }, "bob");
  };
  return { ...scene, ask };
};

test("who is in the room already is told so", async (t) => {
  const { ask } = await open(t);
  assert.deepEqual(await ask(ana), { room, name: "Bob", invited: false });
});

test("who is not in it and cannot be invited is told that, and where the chat is", async (t) => {
  const { ask, homeserver } = await open(t);
  await homeserver.leave(room, { class: "live", as: ana, signal: AbortSignal.timeout(1000) });
  await assert.rejects(ask(ana), /Nothing was done: .*!lobby:hs\.test.*may not invite you/);
});
