import type { NetworkId, UserId } from "../adapter/index.ts";
import type { Handler } from "./turn.ts";
import type { Works } from "./works.ts";

/** A remote person has a new name: their ghost gets it, if anybody has ever seen the ghost. */
export const profileToMatrix =
  (works: Works): Handler =>
  async (turn) => {
    const { network, user } = turn.item.payload as unknown as { network: NetworkId; user: UserId };
    await turn.claim();
    await works.ghosts.ensure(network, user);
    return { end: "dropped" };
  };
