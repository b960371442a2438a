import type { NetworkId, UserId } from "../adapter/index.ts";
import type { Lane, PortalId, Repositories } from "../store/types.ts";
import type { Box } from "./box.ts";
import { pictureLane } from "./control.ts";

/** Whose picture is to be as the network has it: a person's ghost, or a portal's room. */
export type Pictured =
  | { readonly network: NetworkId; readonly user: UserId }
  | { readonly portal: PortalId };

/** In the caller's commit: one item for each at a time; what it shows is read when its turn comes. */
export const queuePicture = async (box: Box, tx: Repositories, whose: Pictured): Promise<Lane> => {
  const name = "user" in whose ? `${whose.network} ${whose.user}` : `portal ${whose.portal}`;
  const lane = pictureLane(name);
  const origin = `picture:${name}`;
  const key = box.keyOf(lane.portal, origin, "");
  if (!(await tx.items.byKey(key)))
    await tx.items.add({
      lane,
      rank: 1,
      origin,
      kind: "picture",
      payload: { ...whose },
      at: box.clock.now(),
      key,
    });
  return lane;
};
