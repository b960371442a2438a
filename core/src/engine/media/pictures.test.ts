import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { firstPart, userId } from "../../adapter/index.ts";
import type { Inline, MediaRef, RemoteEvent } from "../../adapter/index.ts";
import { openEngine } from "../../testing/engine-fixture.ts";
import { lobby, saying, ScriptedNetwork } from "../../testing/scripted-network.ts";

const room = "!lobby:hs.test";
const blob: MediaRef = { locator: { emoji: 42 }, name: "blob.png", mime: "image/png" };
const emoji: Inline = { t: "emoji", name: "blob", media: blob };

const open = async (t: TestContext, give: () => Promise<string>) => {
  const network = new ScriptedNetwork();
  let opens = 0;
  network.more = {
    open: async () => {
      opens += 1;
      const bytes = new TextEncoder().encode(await give());
      return { body: ReadableStream.from([bytes]), size: bytes.length };
    },
  };
  const scene = await openEngine(t, { network });
  await scene.plumb();
  const says = async (...of: readonly Inline[]) => {
    const content = {
      parts: [{ id: firstPart, kind: "text", text: [{ t: "para", of }] }],
    } as const;
    const message = saying("bob", "", { content });
    await network.accept([message]);
    await scene.idle();
    const event = scene.homeserver.events.findLast(({ type }) => type === "m.room.message");
    const html = event?.content["formatted_body"];
    return {
      id: message.id,
      event: event?.event_id ?? "",
      body: event?.content["body"],
      html: typeof html === "string" ? html : "",
    };
  };
  return { ...scene, network, says, opens: () => opens };
};

test("a network's own emoji is a picture among the words, brought here once", async (t) => {
  const scene = await open(t, () => Promise.resolve("png"));
  const { body, html } = await scene.says(emoji, { t: "text", text: " and " }, emoji);
  assert.equal(body, ":blob: and :blob:");
  const [, mxc = ""] = /src="(mxc:\/\/[^"]+)"/.exec(html) ?? [];
  const picture = `<img data-mx-emoticon src="${mxc}" alt=":blob:" title=":blob:" height="32">`;
  assert.equal(html, `${picture} and ${picture}`);
  await scene.says(emoji);
  assert.equal(scene.opens(), 1);
});

test("a reaction with it shows the picture, and another person's is the same one", async (t) => {
  const scene = await open(t, () => Promise.resolve("png"));
  const { id, event } = await scene.says({ t: "text", text: "hello" });
  const reacts = (user: string): RemoteEvent => ({
    kind: "reactions",
    chat: lobby,
    at: 1,
    id,
    set: [{ user: userId(user), emoji: "blob", custom: blob, on: true }],
    complete: "delta",
  });
  await scene.network.accept([reacts("bob"), reacts("eve")]);
  await scene.idle();
  const [bob, eve] = scene.homeserver.reactions(event).map((one) => one.split(" ")[1]);
  assert.match(bob ?? "", /^mxc:\/\//);
  assert.equal(eve, bob);
  assert.equal(scene.opens(), 1);
});

test("one that cannot be had is its name, and is asked for again", async (t) => {
  let fails = true;
  const scene = await open(t, () =>
    fails ? Promise.reject(new Error("gone")) : Promise.resolve("png"),
  );
  await scene.says(emoji);
  assert.deepEqual(scene.homeserver.said(room), [":blob:"]);
  fails = false;
  assert.match((await scene.says(emoji)).html, /mxc:/);
});
