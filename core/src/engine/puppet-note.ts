import type { NetworkId } from "../adapter/index.ts";
import type { Lane, Repositories } from "../store/types.ts";
import type { Box } from "./box.ts";
import { talkLane } from "./control.ts";

/** Who was told that the homeserver does not let us speak as them, until it does again. */
export const puppetScope = "puppet";

/** What such a line is made of. */
export interface PuppetNote {
  readonly person: string;
  readonly network: NetworkId;
  /** What the homeserver said. */
  readonly code: string;
}

/** In the caller's commit: one line in the person's own room with the bot, once in each such time. */
export const notePuppet = async (
  box: Box,
  tx: Repositories,
  note: PuppetNote,
): Promise<Lane | undefined> => {
  const { person, network, code } = note;
  if ((await tx.keys.get(puppetScope, person)) !== undefined) return undefined;
  const at = box.clock.now();
  await tx.keys.set(puppetScope, person, at, false);
  const lane = talkLane(person);
  const origin = `${puppetScope}:${person}:${at}`;
  const payload = { person, network, code };
  const key = box.keyOf(lane.portal, origin, "");
  await tx.items.add({ lane, rank: 1, origin, kind: "puppet", payload, at, key });
  return lane;
};
