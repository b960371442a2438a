import type { Stage } from "../stage/stage.ts";

/** How often something came to a place that hangs, since the stage was opened. */
export const standingAt = ({ box }: Stage, place: string): number =>
  box.log.split(`The failpoint ${place} hangs.\n`).length - 1;
