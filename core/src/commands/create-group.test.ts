import assert from "node:assert/strict";
import { test } from "node:test";
import { chatId, userId } from "../adapter/index.ts";
import type { Json } from "../adapter/index.ts";
import { net } from "../testing/engine-fixture.ts";
import { ScriptedNetwork } from "../testing/scripted-network.ts";
import { logIn } from "../testing/log-in.ts";
import { openTalk } from "../testing/talk-scene.ts";
import { newGroupIn } from "./create-group.ts";

const lines: readonly (readonly [string, object | undefined])[] = [
  ["", undefined],
  ["channel", undefined],
  ["bob carl", { kind: "group", name: undefined, people: ["bob", "carl"] }],
  ['"Lunch plans" bob, carl', { kind: "group", name: "Lunch plans", people: ["bob", "carl"] }],
  ["“Lunch” bob", { kind: "group", name: "Lunch", people: ["bob"] }],
  ["channel #lunch", { kind: "channel", name: "#lunch", people: [] }],
  ["groupie", { kind: "group", name: undefined, people: ["groupie"] }],
  ['"Lunch', undefined],
];
for (const [line, group] of lines)
  test(`create-group ${line}`, () => assert.deepEqual(newGroupIn(line), group));

test("a group is made of people who were looked up, once, and its room is opened", async (t) => {
  const network = new ScriptedNetwork();
  const made: Json[] = [];
  network.more = {
    resolve: (name) =>
      Promise.resolve(name === "nobody" ? undefined : { name, user: userId(`id-${name}`) }),
    createGroup: async ({ name = null, members, kind }, attempt) => {
      made.push([name, ...members, kind, attempt.number, attempt.key.length]);
      await attempt.note({ made: true });
      const why = "They were not added: they like to be alone. Ask them.";
      const shy = members.filter((one) => one === "id-shy").map((user) => ({ user, why }));
      return { id: chatId("group"), ...(shy.length > 0 ? { missing: shy } : {}) };
    },
  };
  const scene = await openTalk(t, { network });
  const { ask, store } = scene;
  assert.match(await ask("create-group net bob"), /not logged in/);
  await logIn(scene, "anna");
  assert.match(await ask("create-group net"), /Tell me its name/);
  assert.match(
    await ask("create-group net bob nobody"),
    /Nothing was made: nobody is called nobody/,
  );
  assert.deepEqual(made, []);
  assert.match(await ask('!net create-group "Lunch" bob carl'), /in Lunch on net now, and invited/);
  assert.deepEqual(made, [["Lunch", "id-bob", "id-carl", "group", 1, 25]]);
  const portal = await store.read.portals.find(net, { id: chatId("group") });
  assert.ok(portal?.room !== undefined);
  assert.match(
    await ask('create-group net "Lunch" bob shy'),
    /in Lunch on net[^]*\nshy: They were not added: they like to be alone\. Ask them\.$/,
  );
  assert.deepEqual(portal.chat, { id: "group" }, "who is missing is no part of its name");
});
