import assert from "node:assert/strict";
import { bytesOf, hashOf } from "../files/server.ts";
import type { MediaWorld } from "../files/media-world.ts";
import { until } from "../sandbox/client.ts";

/** Files that go both ways through a box that is killed at a place where one is given. */
export interface FilesOnTheirWay {
  /** Finn shows a file of so many bytes; resolves once it is in the room, whole and once. */
  fromNetwork(size: number, kill?: string): Promise<void>;
  /** Ana shows one; resolves once the network has it, whole and once. */
  fromMatrix(size: number, kill?: string): Promise<void>;
}

export const filesIn = (world: MediaWorld): FilesOnTheirWay => {
  let serial = 0;
  const contentOf = (text: string) =>
    world.shown().filter(({ content }) => content["body"] === text);

  const revive = async (): Promise<void> => {
    assert.equal(await world.box.ended(), "SIGKILL");
    world.arm("");
    await world.start();
  };

  const fromNetwork = async (size: number, kill?: string): Promise<void> => {
    serial += 1;
    const text = `file ${serial}`;
    if (kill !== undefined) world.arm(`${kill}=kill`);
    world.network.say({ text, file: { path: `/file/${serial}/${size}`, name: "big.png" } });
    if (kill !== undefined) await revive();
    await until("the file is shown", () => contentOf(text).length > 0, 60_000);
    world.network.say({ text: `after ${text}` });
    await until("what follows is shown", () => contentOf(`after ${text}`).length > 0);
    const [event, ...more] = contentOf(text);
    assert.equal(more.length, 0, "shown once");
    const mxc = String(event?.content["url"]);
    const file = await fetch(
      `${world.homeserver.url}/_matrix/client/v1/media/download/${mxc.slice(6)}`,
      { headers: { authorization: `Bearer ${world.token}` } },
    );
    const bytes = new Uint8Array(await file.arrayBuffer());
    assert.equal(bytes.length, size);
    assert.equal(hashOf([bytes]), hashOf(bytesOf(serial, size)));
  };

  const fromMatrix = async (size: number, kill?: string): Promise<void> => {
    serial += 1;
    const text = `file ${serial}`;
    const url = await world.upload(Buffer.concat([...bytesOf(serial, size)]), "image/png");
    if (kill !== undefined) world.arm(`${kill}=kill`);
    const content = { msgtype: "m.image", body: text, filename: "big.png", url };
    await world.ana.send(world.room, {
      ...content,
      info: { mimetype: "image/png", size },
    });
    if (kill !== undefined) await revive();
    const arrived = () => [...world.network.arrived.values()].filter((one) => one.text === text);
    await until("the network has it", () => arrived().length > 0, 60_000);
    await world.ana.send(world.room, `after ${text}`);
    await until("and what follows", () =>
      [...world.network.arrived.values()].some((one) => one.text === `after ${text}`),
    );
    const [got, ...more] = arrived();
    assert.equal(more.length, 0, "sent once");
    assert.deepEqual([got?.name, got?.size], ["big.png", size]);
    assert.equal(got?.hash, hashOf(bytesOf(serial, size)));
    assert.deepEqual(world.network.violations, []);
  };

  return { fromNetwork, fromMatrix };
};
