import assert from "node:assert/strict";
import { test } from "node:test";
import { chatId, loginId, userId } from "../adapter/index.ts";
import type { Json } from "../adapter/index.ts";
import { ana, net } from "../testing/engine-fixture.ts";
import { loginOf, ScriptedNetwork } from "../testing/scripted-network.ts";
import { openTalk } from "../testing/talk-scene.ts";
import { until } from "../testing/until.ts";
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
  const { ask, store, engine } = scene;
  assert.match(await ask("create-group net bob"), /not logged in/);
  const row = { ...loginOf("anna", "user"), id: loginId("net:anna"), network: net, owner: ana };
  const whole = { ...row, accountVersion: 1, since: 1 };
  await store.commit((tx) => tx.logins.put(whole));
  const live = engine.works.box.networks.get(net);
  assert.ok(live);
  const login = await engine.supervisor.add(live, whole);
  await until("it is connected", () => login.state === "connected");
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
