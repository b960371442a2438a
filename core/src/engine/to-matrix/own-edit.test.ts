import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { firstPart, loginId, messageId, userId } from "../../adapter/index.ts";
import type { EditEvent } from "../../adapter/index.ts";
import type { JsonObject } from "../../matrix/types.ts";
import { fromPlain } from "../../richtext/index.ts";
import { ana, net, openEngine } from "../../testing/engine-fixture.ts";
import type { Scene } from "../../testing/engine-fixture.ts";
import { loginOf, saying, ScriptedNetwork } from "../../testing/scripted-network.ts";
import { open } from "../../testing/store-sqlite.ts";
import { tempDir } from "../../testing/store-fixture.ts";

const room = "!lobby:hs.test";
const own = loginId("net:ana");

/** Ana has a login of her own, and everybody in the chat sees what happens there. */
const withAna = async (t: TestContext): Promise<Scene> => {
  const network = new ScriptedNetwork({ standing: [loginOf("relay")] });
  network.more = { edit: () => Promise.resolve(network.done()) };
  const dir = await tempDir(t);
  const store = await open(dir);
  t.after(() => store.close());
  await store.commit((tx) =>
    tx.logins.put({
      id: own,
      network: net,
      user: userId("anna"),
      name: "anna",
      owner: ana,
      role: "user",
      account: {},
      accountVersion: 1,
      since: 0,
    }),
  );
  const scene = await openEngine(t, { network, store });
  await scene.plumb();
  return scene;
};

const edit = (id: string, sender: string, text: string): EditEvent => ({
  ...saying(sender, text),
  kind: "edit",
  id: messageId(id),
  version: `v ${text}`,
  content: { parts: [{ id: firstPart, kind: "text", text: fromPlain(text) }] },
});

const shown = (scene: Scene): readonly unknown[] =>
  scene.homeserver.events
    .filter(({ sender }) => sender.startsWith("@net_"))
    .map(({ content }) => content["body"]);

const replaced = (event: string, text: string): { content: JsonObject } => ({
  content: {
    body: `* ${text}`,
    "m.new_content": { msgtype: "m.text", body: text },
    "m.relates_to": { rel_type: "m.replace", event_id: event },
  },
});

test("our own edit is not shown again, whoever sees it on the network", async (t) => {
  const scene = await withAna(t);
  const said = await scene.anaSays("hello");
  await scene.idle();
  const [sent] = scene.network.sent;
  assert.ok(sent);
  await scene.anaSays("* hello there", replaced(said.event_id, "hello there"));
  await scene.idle();
  await scene.network.accept([edit("s1", "anna", "hello there")]);
  await scene.idle();
  assert.deepEqual(shown(scene), []);
  await scene.network.accept([edit("s1", "anna", "typed on my phone")]);
  await scene.idle();
  assert.deepEqual(shown(scene), ["typed on my phone"]);
});

test("what the box's own account edits for somebody is not shown again", async (t) => {
  const network = new ScriptedNetwork();
  network.more = { edit: () => Promise.resolve(network.done()) };
  const scene = await openEngine(t, { network });
  await scene.plumb();
  const said = await scene.anaSays("hello");
  await scene.idle();
  await scene.anaSays("* hello there", replaced(said.event_id, "hello there"));
  await scene.idle();
  await network.accept([edit("s1", "relay", "@ana:hs.test: hello there")]);
  await scene.idle();
  assert.deepEqual(shown(scene), []);
  assert.equal(scene.homeserver.said(room).length, 2);
});
