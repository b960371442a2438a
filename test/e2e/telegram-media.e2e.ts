import assert from "node:assert/strict";
import { test } from "node:test";
import { openWorld } from "../faults/open-world.ts";
import type { World } from "../faults/world.ts";
import { bytesOf, hashOf } from "../files/server.ts";
import { assertSlim, mebibyte, patience, vast } from "../files/vast.ts";
import type { Document } from "../networks/telegram/media/kinds.ts";
import { Api } from "../networks/telegram/tl.ts";

const chunk = 1024 * 1024;

/** The bytes of a file that is on Telegram. */
function* on({ stage }: World, { file }: Document): Generator<Buffer> {
  for (let at = 0; at < file.size; at += chunk) yield stage.telegram.files.read(file, at, chunk);
}

const toTelegram = async (world: World, size: number): Promise<void> => {
  const { ana, room, group, bot, stage } = world;
  const name = `to-${size}.bin`;
  const url = await ana.upload(Buffer.concat([...bytesOf(1, size)]), "application/octet-stream");
  await ana.send(room, { msgtype: "m.file", body: name, filename: name, url, info: { size } });
  const sent = await stage.telegram.until(() => {
    const { media } = stage.telegram.messages(group).findLast(({ from }) => from === bot) ?? {};
    return media?.kind === "document" && media.file.size === size && media;
  }, patience);
  assert.equal(hashOf(on(world, sent)), hashOf(bytesOf(1, size)));
};

const fromTelegram = async (world: World, size: number): Promise<void> => {
  const { ana, dora, group, stage } = world;
  const name = `from-${size}.bin`;
  const bytes = Buffer.concat([...bytesOf(2, mebibyte)]);
  const attributes = [new Api.DocumentAttributeFilename({ fileName: name })];
  const media = stage.telegram.studio.document(bytes, {
    mime: "application/zip",
    attributes,
    size,
  });
  stage.telegram.say(dora, group, "", { media });
  const { content } = await ana.until((event) => event.content["body"] === name, patience);
  const shown = await ana.download(String(content["url"]));
  assert.equal(hashOf([shown]), hashOf(on(world, media)));
};

// Beside the real servers, as the ciphers of so many parts take their time on both sides.
test(
  "200 MB to Telegram and from it need no memory to speak of",
  { timeout: 900_000 },
  async (t) => {
    const world = await openWorld({ ...vast, networks: ["telegram"] });
    try {
      // Once before, so that what stays loaded is not counted.
      for (const pass of [toTelegram, fromTelegram]) await pass(world, mebibyte);
      for (const pass of [toTelegram, fromTelegram])
        await assertSlim(t, world.stage.box.pid, {
          way: pass.name,
          pass: (size) => pass(world, size),
        });
      assert.deepEqual(world.stage.telegram.faults, []);
    } finally {
      await world.close();
    }
  },
);
