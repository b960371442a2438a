import { after, before, describe, test } from "node:test";
import { openMediaWorld } from "../files/media-world.ts";
import type { MediaWorld } from "../files/media-world.ts";
import { assertSlim, mebibyte } from "../files/vast.ts";
import { filesIn } from "./files-on-their-way.ts";
import type { FilesOnTheirWay } from "./files-on-their-way.ts";
import { killedWithFiles } from "./killed-with-files.ts";

describe("large files on their way", () => {
  let world: MediaWorld;
  let files: FilesOnTheirWay;
  before(async () => {
    world = await openMediaWorld(300);
    files = filesIn(world);
    await files.fromNetwork(mebibyte);
    await files.fromMatrix(mebibyte);
  });
  after(() => world.close());

  test("200 MB from the network need no memory to speak of", { timeout: 120_000 }, (t) =>
    assertSlim(t, world.box.pid, { way: "fromNetwork", pass: (size) => files.fromNetwork(size) }),
  );

  test("200 MB from Matrix need no memory to speak of", { timeout: 120_000 }, (t) =>
    assertSlim(t, world.box.pid, { way: "fromMatrix", pass: (size) => files.fromMatrix(size) }),
  );
});

killedWithFiles();
