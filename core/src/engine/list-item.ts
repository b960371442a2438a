import type { Json, Millis, NetworkId } from "../adapter/index.ts";
import type { Lane, Portal, Repositories } from "../store/types.ts";
import type { Box, LiveNetwork } from "./box.ts";

/** With which settings the members of a portal's chat were listed to the end, by its number. */
export const scope = "members";

/** A list that was refused for good is asked for again after this time, or once something was missed. */
const refusedFor: Millis = 24 * 3_600_000;

/** Instead of the settings, where the list was refused at that time. */
export const refusedMark = (wanted: string, at: Millis): string => `refused ${at} ${wanted}`;

const stands = (mark: Json | undefined, wanted: string, now: Millis): boolean => {
  if (typeof mark !== "string") return false;
  const at = /^refused (\d+) /.exec(mark)?.[1];
  if (at === undefined) return mark === wanted;
  return mark === refusedMark(wanted, Number(at)) && now - Number(at) < refusedFor;
};

/** What makes a list stand; nothing: nobody is shown who says nothing. */
export const wantedOf = ({ settings }: LiveNetwork): string | undefined => {
  const { members, memberCap } = settings;
  if (members === "lazy") return undefined;
  return members === "full" ? "full" : `capped ${memberCap}`;
};

/** In the caller's commit: the members of that chat are listed, unless they were. */
export const queueListing = async (
  box: Box,
  tx: Repositories,
  { id, network }: Pick<Portal, "id"> & { readonly network: NetworkId },
): Promise<Lane | undefined> => {
  const live = box.networks.get(network);
  const wanted = live && wantedOf(live);
  if (wanted === undefined) return undefined;
  if (stands(await tx.keys.get(scope, String(id)), wanted, box.clock.now())) return undefined;
  const lane: Lane = { portal: id, direction: "members" };
  const key = box.keyOf(id, "members", "");
  if (await tx.items.byKey(key)) return lane;
  const origin = "members";
  const at = box.clock.now();
  await tx.items.add({ lane, rank: 1, origin, kind: "list", payload: null, at, key });
  return lane;
};

/** In the commit that ends that portal, or makes its list doubtful. */
export const forgetListing = (tx: Repositories, { id }: Pick<Portal, "id">): Promise<void> =>
  tx.keys.set(scope, String(id), null, false);

/** In the commit that takes a gap in: who came and went meanwhile is found by listing them again. */
export const listAgain = async (
  box: Box,
  tx: Repositories,
  portal: Portal,
): Promise<readonly Lane[]> => {
  if (portal.room === undefined) return [];
  await forgetListing(tx, portal);
  const lane = await queueListing(box, tx, portal);
  return lane ? [lane] : [];
};
