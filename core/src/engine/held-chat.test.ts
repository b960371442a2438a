import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { BridgeError, chatId } from "../adapter/index.ts";
import type { ChatInfo } from "../adapter/index.ts";
import { ana, net, openEngine } from "../testing/engine-fixture.ts";
import type { Scene } from "../testing/engine-fixture.ts";
import { loginOf, saying, scriptedInfo, ScriptedNetwork } from "../testing/scripted-network.ts";

const login = loginOf("net:anna", "user");
const quietChat = { id: chatId("quiet") };

const tooLate = (): BridgeError =>
  new BridgeError("timeout", "The network did not answer in time.", {
    reached: "unknown",
    scope: "item",
  });

interface Opened extends Scene {
  /** What the network says of the chat that is called "quiet" by its id. */
  describing: { answer: () => ChatInfo; asked: number };
  /** Both chats in one batch. */
  readonly both: (text: string) => Promise<void>;
  /** Lets every item that waits be tried again, so many times. */
  readonly later: (times?: number) => Promise<void>;
}

/** Ana has a login of her own, and the config leaves out what is called secret. */
const open = async (t: TestContext, answer: () => ChatInfo): Promise<Opened> => {
  const describing = { answer, asked: 0 };
  const network = new ScriptedNetwork();
  network.more = {
    describe: (chat) => {
      if (chat.id !== quietChat.id) return Promise.resolve(scriptedInfo);
      describing.asked += 1;
      return Promise.resolve().then(describing.answer);
    },
  };
  const filter = { only: [], never: ["secret*"] };
  const scene = await openEngine(t, {
    network,
    networkSettings: { sync: { most: 0, ofBox: false, filter } },
  });
  const live = scene.engine.works.box.networks.get(net);
  assert.ok(live);
  const row = { ...login, network: net, owner: ana, accountVersion: 1, since: 1 };
  await scene.store.commit((tx) => tx.logins.put(row));
  await scene.engine.supervisor.add(live, row);
  const { chat } = saying("bob", "");
  return {
    ...scene,
    describing,
    both: (text) =>
      network.accept(
        [
          saying("bob", `quiet ${text}`, { chat: { ...chat, ...quietChat } }),
          saying("bob", `loud ${text}`, { chat: { ...chat, id: chatId("loud") } }),
        ],
        { seenBy: [login.id], cursor: { at: text } },
      ),
    later: async (times = 1) => {
      for (let time = 0; time < times; time += 1) {
        await scene.settle();
        scene.clock.advance(60_000);
        await scene.settle();
      }
    },
  };
};

const shown = ({ homeserver }: Scene): readonly unknown[] =>
  homeserver.events.flatMap(({ type, content }) =>
    type === "m.room.message" ? [content["body"]] : [],
  );

const failing = (): ChatInfo => {
  throw tooLate();
};

test("a chat whose name cannot be had holds up no other, and is shown whole when it can", async (t) => {
  const scene = await open(t, failing);
  await scene.both("one");
  await scene.both("two");
  await scene.later();
  assert.deepEqual(shown(scene), ["loud one", "loud two"]);
  scene.describing.answer = () => ({ ...scriptedInfo, name: "open" });
  await scene.later();
  await scene.idle();
  assert.deepEqual(shown(scene), ["loud one", "loud two", "quiet one", "quiet two"]);
});

test("one that turns out to be left out leaves nothing behind", async (t) => {
  const scene = await open(t, failing);
  await scene.both("one");
  await scene.both("two");
  scene.describing.answer = () => ({ ...scriptedInfo, name: "secret plans" });
  await scene.later();
  await scene.idle();
  await scene.both("three");
  await scene.idle();
  assert.deepEqual(shown(scene), ["loud one", "loud two", "loud three"]);
  assert.equal(await scene.store.read.portals.find(net, quietChat), undefined);
  assert.deepEqual(await scene.store.read.outcomes.recent(1, "retrying"), []);
});

test("an adapter that fails by a mistake of its own stops its chat only, and that is told", async (t) => {
  const scene = await open(t, () => {
    throw new TypeError("Cannot read properties of undefined");
  });
  await scene.both("one");
  await scene.later(10);
  await scene.idle();
  assert.deepEqual(shown(scene), ["loud one"]);
  const [failed] = await scene.store.read.outcomes.recent(1, "failed");
  assert.match(failed?.sentence ?? "", /failed inside bridgebox/);
});

test("what waited for a name for a day is given up, and says why", async (t) => {
  const scene = await open(t, failing);
  await scene.both("one");
  await scene.settle();
  scene.clock.advance(24 * 3_600_000 + 1);
  await scene.idle();
  assert.deepEqual(shown(scene), ["loud one"]);
  const [ended] = await scene.store.read.outcomes.recent(1, "not_bridged");
  assert.match(ended?.sentence ?? "", /name/);
});

test("a name that the network tells by itself decides without asking", async (t) => {
  const scene = await open(t, failing);
  await scene.both("one");
  const { asked } = scene.describing;
  const { chat } = saying("bob", "");
  const info = { ...scriptedInfo, name: "open" };
  await scene.network.accept([{ kind: "chat", chat: { ...chat, ...quietChat }, at: 1, info }], {
    seenBy: [login.id],
  });
  await scene.later();
  await scene.idle();
  assert.deepEqual(shown(scene), ["loud one", "quiet one"]);
  assert.ok(scene.describing.asked <= asked + 1);
});

test("a login that is refused says nothing of a chat: its messages wait for the next login", async (t) => {
  const scene = await open(t, failing);
  await scene.both("one");
  await scene.settle();
  scene.describing.answer = () => {
    throw new BridgeError("auth", "The token was revoked.", { reached: "no", scope: "login" });
  };
  await scene.later();
  scene.describing.answer = () => scriptedInfo;
  await scene.later(2);
  assert.ok(shown(scene).includes("quiet one"), shown(scene).join());
});
