import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Adapter, Json } from "../adapter/index.ts";
import type { Case } from "./cases-life.ts";
import { cases } from "./cases.ts";
import type { Harness } from "./harness.ts";
import { openScene } from "./scene.ts";
import { until } from "./until.ts";

/**
 * The contract, as a suite: what an adapter promises to the core, played against the network's own
 * server. A case for an optional method that is absent is skipped by itself; any other gap is skipped
 * by name in the harness, with a reason that the output prints.
 */
export const contract = <Config, Account extends Json>(
  adapter: Adapter<Config, Account>,
  harness: Harness,
): void => {
  describe(`contract of ${adapter.id}`, () => {
    for (const [name, play] of Object.entries<Case>(cases)) {
      const skip = harness.skip?.find((it) => it.case === name)?.reason ?? false;
      test(name, { skip, timeout: 40_000 }, async (t) => {
        const gap = await playCase(adapter, harness, play);
        demandKnown(harness, name, gap);
        if (gap !== undefined) t.skip(gap);
      });
    }
  });
};

/** A method that an adapter lost would else be one more case that nobody plays. */
const demandKnown = ({ gaps }: Harness, name: string, gap: string | undefined): void => {
  if (gaps === undefined) return;
  const named = gaps.some((one) => one === name);
  assert.equal(
    gap !== undefined,
    named,
    named
      ? "It is played, so it is no gap: take it out of `gaps`."
      : `It is not played, because ${gap}. If the network has no such thing, name it in \`gaps\`.`,
  );
};

/** Plays one case on a server of its own; gives the reason where it does not apply. */
export const playCase = async <Config, Account extends Json>(
  adapter: Adapter<Config, Account>,
  harness: Harness,
  play: Case,
): Promise<string | undefined> => {
  const before = held();
  const scene = await openScene(adapter, harness);
  let gap: string | undefined;
  try {
    gap = await play(scene);
    assert.deepEqual(scene.stage.violations?.() ?? [], [], "against the protocol");
  } finally {
    await scene.close();
  }
  await until("every timer and socket has ended", () => held() <= before, 5000);
  return gap;
};

/** Timers and sockets that keep the process alive. */
const held = (): number =>
  process
    .getActiveResourcesInfo()
    .filter((kind) => /Timeout|TCP|TLS|Pipe(?:Connect|Server)/.test(kind)).length;
