import type { TestContext } from "node:test";
import { ana, net, openEngine } from "./engine-fixture.ts";
import type { Scene } from "./engine-fixture.ts";
import { lobby } from "./scripted-network.ts";

/** The room of the lobby, and the one in which it goes on. */
export const old = "!lobby:hs.test";
export const next = "!next:hs.test";

interface Facts {
  readonly from?: string;
  readonly to?: string;
  readonly stateKey?: string;
}

export interface Upgrading extends Scene {
  /** The old room says that it goes on there; the new one that it came from `from`. */
  begin(facts?: Facts): Promise<void>;
  /** The same, until all of it is done. */
  upgrade(facts?: Facts): Promise<void>;
  room(): Promise<string | undefined>;
}

export const openUpgrade = async (
  t: TestContext,
  overrides: Parameters<typeof openEngine>[1] = {},
): Promise<Upgrading> => {
  const scene = await openEngine(t, overrides);
  await scene.plumb();
  scene.homeserver.makeRoom(next, [ana]);
  const begin = async ({ from = old, to = next, stateKey = "" }: Facts = {}): Promise<void> => {
    const content = { body: "on we go", replacement_room: to };
    scene.homeserver.state.set(`${old} m.room.tombstone ${stateKey}`, content);
    const predecessor = from === "" ? {} : { predecessor: { room_id: from } };
    scene.homeserver.creations.set(to, { sender: ana, content: predecessor });
    const type = "m.room.tombstone";
    const event = { room_id: old, type, state_key: stateKey, sender: ana, content };
    await scene.push(scene.homeserver.event(event));
  };
  return {
    ...scene,
    begin,
    upgrade: async (facts) => {
      await begin(facts);
      await scene.idle();
    },
    room: async () => (await scene.store.read.portals.find(net, lobby))?.room,
  };
};
