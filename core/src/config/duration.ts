import type { Millis } from "../adapter/index.ts";

const units: Readonly<Record<string, Millis>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `90s`, `10m`, `24h`, `7d`, as the config's pattern has let them through. */
export const millis = (duration: string): Millis =>
  Number(duration.slice(0, -1)) * (units[duration.slice(-1)] ?? Number.NaN);
