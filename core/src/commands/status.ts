import type { LiveLogin } from "../engine/index.ts";
import type { Direction } from "../store/types.ts";
import type { Asked, Command } from "./command.ts";
import { hasOthers } from "./others.ts";
import { networkWord } from "./words.ts";

/** Whose logins the answer may name: the box's own, and in private also the asker's, to admins all. */
const seenBy = async (asked: Asked): Promise<(login: LiveLogin) => boolean> => {
  const { engine, sender } = asked;
  const alone = !(await hasOthers(asked));
  const isAdmin = engine.works.box.settings.permits(sender, "admin");
  return ({ row: { owner } }) => owner === undefined || (alone && (isAdmin || owner === sender));
};

export const status: Command = {
  name: "status",
  section: "box",
  again: true,
  args: "",
  says: "tells how each network is doing and what is waiting",
  needs: "commands",
  async run(asked) {
    const { box } = asked.engine.works;
    const seen = await seenBy(asked);
    const depth = await box.store.read.items.depthByNetwork();
    const lines = [...box.networks.values()].map((live) => {
      const waits = depth.filter(({ network }) => network === live.settings.id).map(waiting);
      return [`${live.settings.id}: ${networkWord(live, seen)}`, ...waits].join("\n");
    });
    return [...lines, ...(depth.length === 0 ? ["Nothing is waiting."] : [])].join("\n");
  },
};

interface Depth {
  readonly direction: Direction;
  readonly count: number;
}

const waiting = ({ direction, count }: Depth): string =>
  `  ${count} ${count === 1 ? "waits" : "wait"} to be ${direction === "out" ? "sent there" : "shown here"}.`;
