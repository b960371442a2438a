import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** After so many bytes the young garbage is swept. */
const every = 4 * 1024 * 1024;

let passed = 0;
let sweep: (() => void) | undefined;

/**
 * The runtime sees the small object of a chunk, not the 64 KiB behind it, and lets up to a hundred
 * megabytes of read chunks lie before it collects them by itself. So bytes that pass are counted, and
 * every few megabytes the young generation, in which they all are, is collected: about a millisecond.
 */
export const sweepAfter = (bytes: number): void => {
  passed += bytes;
  if (passed < every) return;
  passed = 0;
  sweep ??= collector();
  sweep();
};

const collector = (): (() => void) => {
  setFlagsFromString("--expose-gc");
  const gc: unknown = runInNewContext("gc");
  return typeof gc === "function"
    ? () => void Reflect.apply(gc, undefined, [{ type: "minor" }])
    : () => undefined;
};
