import { MemoryHost } from "@bridgebox/core/testing";
import type { Token } from "../../../../test/networks/slack/index.ts";
import type { HubOptions } from "../hub.ts";
import { listenerFor, openHub, type Box } from "./listening.ts";
import { onSlack } from "./on-slack.ts";
import { chatOf, type Fixture } from "./world.ts";

type Kept = MemoryHost["kept"];

/** A workspace with hubs that end with it. */
export interface Scene extends Fixture {
  box(kept?: Kept, more?: Partial<HubOptions>): Box;
  /** Logins that have heard everything, on a box that has ended. */
  begun(...tokens: readonly Token[]): Promise<Kept>;
}

export const onHub = (name: string, play: (scene: Scene) => Promise<void>): void => {
  onSlack(name, async (fixture) => {
    const boxes: Box[] = [];
    const box: Scene["box"] = (kept, more) => {
      const opened = openHub(fixture, new MemoryHost(kept), more);
      boxes.push(opened);
      return opened;
    };
    const begun: Scene["begun"] = async (...tokens) => {
      const { core, hub, close } = box();
      for (const token of tokens) {
        const listener = listenerFor(fixture, token, [chatOf(fixture.general)]);
        await hub.add(listener);
        await listener.reached("connected");
      }
      await close();
      return core.kept;
    };
    try {
      await play({ ...fixture, box, begun });
    } finally {
      await Promise.all(boxes.map(({ close }) => close()));
    }
  });
};
