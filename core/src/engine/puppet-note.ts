import type { NetworkId } from "../adapter/index.ts";
import type { Lane, Repositories } from "../store/types.ts";
import { asJson } from "./as-json.ts";
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
  /** It was said of the access token that they gave, which is forgotten. */
  readonly isLost?: boolean;
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
  return add(box, tx, { person, network, code });
};

/** In the commit that forgets their token. */
export const noteLost = (box: Box, tx: Repositories, note: PuppetNote): Promise<Lane> =>
  add(box, tx, { ...note, isLost: true });

const add = async (box: Box, tx: Repositories, note: PuppetNote): Promise<Lane> => {
  const at = box.clock.now();
  const lane = talkLane(note.person);
  const origin = `${puppetScope}:${note.person}:${at}`;
  const key = box.keyOf(lane.portal, origin, note.isLost === true ? "lost" : "");
  await tx.items.add({ lane, rank: 1, origin, kind: "puppet", payload: asJson(note), at, key });
  return lane;
};
