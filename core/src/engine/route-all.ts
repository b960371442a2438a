import type { MatrixEvent } from "../matrix/types.ts";
import type { Lane, Repositories } from "../store/types.ts";
import type { Happening } from "./box.ts";
import { confirmOwn } from "./confirm.ts";
import { route } from "./route.ts";
import type { Works } from "./works.ts";

/** An event of the homeserver and when it came. */
export interface ArrivedEvent {
  readonly event: MatrixEvent;
  readonly at: number;
}

/** What is to be done once the commit is durable. */
export interface Routed {
  readonly lanes: readonly Lane[];
  readonly told: readonly Happening[];
}

export const afterRouting = ({ box }: Works, { lanes, told }: Routed): void => {
  for (const lane of lanes) box.wake(lane);
  for (const happening of told) box.observe(happening);
};

/** Into which lanes events go, in order, and what they confirm; inside one commit. Makes no calls. */
export const routeAll = async (
  works: Works,
  tx: Repositories,
  arrived: readonly ArrivedEvent[],
): Promise<Routed> => {
  const lanes: Lane[] = [];
  const told: Happening[] = [];
  const tell = (happening: Happening): void => void told.push(happening);
  const wakes: string[] = [];
  for (const { event, at } of arrived) {
    const own = await confirmOwn(works, tx, event);
    if (own) wakes.push(...own.wakes);
    if (own?.lane) lanes.push(own.lane);
    if (own?.told) told.push(...own.told);
    lanes.push(...(await route(works, tx, { event, at, own, tell })));
  }
  lanes.push(...(await works.parked.wake(tx, wakes)));
  return { lanes, told };
};
