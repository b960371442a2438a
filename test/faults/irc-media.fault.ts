import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesOf, hashOf } from "../files/server.ts";
import { assertSlim, mebibyte, patience, vast } from "../files/vast.ts";
import { withWorld } from "./open-world.ts";
import type { World } from "./world.ts";

const onIrc = { ...vast, networks: ["irc"], isPublic: true } as const;

/** Sends a file to IRC, where it is a link, and fetches what the link leads to. */
const linked = async ({ ana, room, carl }: World, size: number): Promise<void> => {
  const name = `to-${size}.bin`;
  const url = await ana.upload(Buffer.concat([...bytesOf(1, size)]), "application/octet-stream");
  await ana.send(room, { msgtype: "m.file", body: name, filename: name, url, info: { size } });
  const { raw } = await carl.until((line) => line.raw.includes(`/${name}`), patience);
  const [link = ""] = /https?:\/\/\S+/.exec(raw) ?? [];
  const answer = await fetch(link);
  assert.equal(answer.status, 200);
  assert.equal(hashOf([await answer.bytes()]), hashOf(bytesOf(1, size)));
};

test(
  "200 MB to whoever follows a link from IRC need no memory to speak of",
  { timeout: 450_000 },
  (t) =>
    withWorld(onIrc, async (world) => {
      // Once before, so that what stays loaded is not counted.
      await linked(world, 20 * mebibyte);
      await assertSlim(t, world.stage.box.pid, {
        way: "linked",
        pass: (size) => linked(world, size),
      });
    }),
);
