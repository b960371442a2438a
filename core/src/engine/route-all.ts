import type { MatrixEvent } from "../matrix/types.ts";
import type { Lane, Repositories } from "../store/types.ts";
import { confirmOwn } from "./confirm.ts";
import { route } from "./route.ts";
import type { Works } from "./works.ts";

/** An event of the homeserver and when it came. */
export interface ArrivedEvent {
  readonly event: MatrixEvent;
  readonly at: number;
}

/** Into which lanes events go, in order, and what they confirm; inside one commit. Makes no calls. */
export const routeAll = async (
  works: Works,
  tx: Repositories,
  arrived: readonly ArrivedEvent[],
): Promise<readonly Lane[]> => {
  const lanes: Lane[] = [];
  const wakes: string[] = [];
  for (const { event, at } of arrived) {
    const own = await confirmOwn(works, tx, event);
    if (own) wakes.push(...own.wakes);
    if (own?.lane) lanes.push(own.lane);
    lanes.push(...(await route(works, tx, { event, at, own })));
  }
  lanes.push(...(await works.parked.wake(tx, wakes)));
  return lanes;
};
