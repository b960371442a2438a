import type { Command } from "./command.ts";
import { networkWord } from "./words.ts";

export const status: Command = {
  name: "status",
  section: "box",
  again: true,
  args: "",
  says: "tells how each network is doing and what is waiting",
  needs: "commands",
  async run({ engine }) {
    const { box } = engine.works;
    const depth = await box.store.read.items.depth();
    const waiting = depth.reduce((sum, row) => sum + row.count, 0);
    const lines = [...box.networks.values()].map(
      (live) => `${live.settings.id}: ${networkWord(live)}`,
    );
    return [...lines, `${waiting} waiting.`].join("\n");
  },
};
