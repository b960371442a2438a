import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { until } from "../sandbox/client.ts";
import { openActWorld } from "./act-world.ts";
import type { ActWorld } from "./act-world.ts";
import { inItsFolder } from "./place-of-store.ts";
import type { StorePlace } from "./place-of-store.ts";
import { allDone, named, prepareActs } from "./acts.ts";
import type { Act, Direction } from "./acts.ts";
import { standingAt } from "./standing-at.ts";

/** Where each lane stands by itself: all of them are there when the box is killed. */
const lanePlaces = [
  "before-claim",
  "before-call",
  "after-call",
  "before-settle",
  "settled",
] as const;

/** Where whatever comes first is struck, and the rest is behind it. */
const firstPlaces = {
  in: ["accept.before-commit", "accept.committed"],
  out: [
    "ingress.before-commit",
    "straight.before-commit",
    "ingress.committed",
    "inbox.before-commit",
    "inbox.routed",
  ],
} as const;

/** So often is each of these places struck, with another act in front each time. */
const turns = { in: 2, out: 1 } as const;

/** One test for each place, or each of those, at which acts can be struck, on all networks at once. */
export const killedInActs = (store: StorePlace = inItsFolder, only?: readonly string[]): void => {
  const isPlayed = (place: string): boolean => only?.includes(place) ?? true;
  describe("killed at each place: reactions, edits, deletes and votes on four networks", () => {
    let acts: ActWorld;
    before(async () => {
      acts = await openActWorld(await store());
    });
    after(() => acts.world.close());
    afterEach(async (t) => {
      if (!("passed" in t) || t.passed) return;
      await acts.stage.box.kill();
      await revive();
    });

    const revive = async (): Promise<void> => {
      acts.world.disarm();
      await acts.world.start();
      await acts.world.inPlace();
    };

    for (const direction of ["in", "out"] as const)
      for (const where of lanePlaces) {
        const place = `${direction}.${where}`;
        if (!isPlayed(place)) continue;
        test(`all at ${place}`, { timeout: 180_000 }, async () => {
          const all = await prepareActs(acts, direction, place);
          const earlier = standingAt(acts.stage, place);
          acts.world.arm(`${place}=hang`);
          await Promise.all(all.map((act) => act.go()));
          const there = (): number => standingAt(acts.stage, place) - earlier;
          await until(`all are at ${place}`, () => there() >= all.length).catch(
            (cause: unknown) => {
              const gone = all.filter((act) => act.seen() === 1).map(named);
              throw new Error(`${there()} of ${all.length}; done: ${gone.join("; ")}`, { cause });
            },
          );
          await acts.stage.box.kill();
          await revive();
          await allDone(acts, all);
          if (direction === "in") await acts.world.calm(10_000);
        });
      }

    /** Of an IRC server: what it said to a box that died on it, it does not say again. */
    const isUnsaid = ({ network, kind }: Act): boolean => network === "irc" && kind === "delete";

    /** Another one is the first each time, of another kind and on another network. */
    const turned = (all: readonly Act[], turn: number): readonly Act[] => {
      const at = (turn * 4) % all.length;
      return [...all.slice(at), ...all.slice(0, at)];
    };

    const struckFirst = (direction: Direction, place: string, turn: number): void => {
      test(`the first at ${place}, ${turn + 1}`, { timeout: 180_000 }, async () => {
        const all = turned(await prepareActs(acts, direction, `${place} ${turn}`), turn);
        const byTheInbox = place.startsWith("inbox.") ? "straight.before-commit=fail," : "";
        acts.world.arm(`${byTheInbox}${place}=kill`);
        const going = Promise.all(all.map((act) => act.go()));
        assert.equal(await acts.stage.box.ended(), "SIGKILL");
        await going;
        await revive();
        const heard = direction === "in" ? all.filter((act) => !isUnsaid(act)) : all;
        await allDone(acts, heard);
        assert.deepEqual(all.filter((act) => act.seen() > 1).map(named), [], "doubled");
      });
    };

    for (const direction of ["in", "out"] as const)
      for (const place of firstPlaces[direction].filter(isPlayed))
        for (let turn = 0; turn < turns[direction]; turn += 1) struckFirst(direction, place, turn);
  });
};
