import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openMediaWorld } from "../files/media-world.ts";
import type { MediaWorld } from "../files/media-world.ts";
import { filesIn } from "./files-on-their-way.ts";
import type { FilesOnTheirWay } from "./files-on-their-way.ts";
import { inItsFolder } from "./place-of-store.ts";
import type { StorePlace } from "./place-of-store.ts";

const mebibyte = 1024 * 1024;

/** One test for each place at which a file can be half way. */
export const killedWithFiles = (store: StorePlace = inItsFolder): void => {
  describe("killed with a file on its way", () => {
    let world: MediaWorld;
    let files: FilesOnTheirWay;
    before(async () => {
      world = await openMediaWorld(2, await store());
      files = filesIn(world);
    });
    after(() => world.close());

    for (const place of [
      "media.before-create",
      "media.after-create",
      "media.before-put",
      "media.after-put",
      "in.before-call",
      "in.after-call",
    ])
      test(`killed at ${place}: shown once, uploaded once`, { timeout: 60_000 }, async () => {
        const before = world.uploads();
        await files.fromNetwork(mebibyte, place);
        assert.equal(world.uploads() - before, 1);
      });

    for (const place of ["out.before-claim", "out.before-call", "out.after-call"])
      test(`killed at ${place}: the network has it once`, { timeout: 60_000 }, async () => {
        await files.fromMatrix(mebibyte, place);
      });
  });
};
