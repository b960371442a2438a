import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { chatId, userId } from "../adapter/index.ts";
import type { Resolved } from "../adapter/index.ts";
import { logIn } from "../testing/log-in.ts";
import { ScriptedNetwork } from "../testing/scripted-network.ts";
import { openTalk } from "../testing/talk-scene.ts";

const chat = (name: string, members: number, topic?: string): Resolved => ({
  name,
  chat: { id: chatId(name) },
  members,
  ...(topic === undefined ? {} : { topic }),
});

const open = async (t: TestContext, found: readonly Resolved[], isPublic: boolean) => {
  const network = new ScriptedNetwork();
  network.publicSearch = isPublic;
  network.more = { search: () => Promise.resolve(found) };
  return openTalk(t, { network });
};

test("an open chat that is found is told with its people and topic, and how to enter it", async (t) => {
  const found = [chat("#lunch", 12, "What is\nfor lunch"), chat("#tea", 1)];
  const { ask } = await open(t, found, true);
  assert.equal(
    await ask("search net lunch"),
    [
      "  #lunch – 12 people – What is for lunch",
      "  #tea – 1 person",
      'Say "join net <chat>" with what stands before the dash.',
    ].join("\n"),
  );
});

test("nothing is looked for by an account of the box where not everybody may see what it finds", async (t) => {
  const carl = { name: "Carl", user: userId("carl7") };
  const scene = await open(t, [carl], false);
  assert.match(await scene.ask("search net carl"), /you are not logged in to net/);
  await logIn(scene, "one");
  assert.equal(
    await scene.ask("search net carl"),
    '  Carl – carl7\nSay "pm net <person>" with what stands after the dash.',
  );
});

test("of many that are found the first are told, and how many there are besides", async (t) => {
  const found = Array.from({ length: 30 }, (_, at) => chat(`#c${at}`, 30 - at));
  const { ask } = await open(t, found, true);
  const said = await ask("search net c");
  assert.match(said, / {2}#c19 – 11 people\nAnd 10 more: say more of what you look for\./);
  assert.doesNotMatch(said, /#c20/);
});
