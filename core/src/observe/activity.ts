import type { Json, Millis } from "../adapter/index.ts";

/** What is counted by when it was active last. */
export const actives = ["matrixRooms", "remoteRooms", "matrixUsers", "remoteUsers"] as const;
export type Active = (typeof actives)[number];

const hour = 3_600_000;

/** The ages by which boards of other bridges count (`AgeCounters` of the appservice library). */
export const ages = { "1h": hour, "1d": 24 * hour, "7d": 7 * 24 * hour } as const;
/** How long ago people may have spoken who use the bridge "actively", as boards of other bridges have it. */
export const lately: Millis = 3 * 24 * hour;
/** Longer is nobody remembered. */
export const longest: Millis = 31 * 24 * hour;
/** Of each; beyond it whoever was active longest ago is forgotten. */
const most = 20_000;

/** When which room, chat and person was active last: in memory, so that to count them asks no store. */
export interface Activity {
  /** Now. */
  saw(what: Active, name: string): void;
  /** How many were active within each of these times. */
  within(what: Active, times: readonly Millis[]): readonly number[];
  /** How many are remembered. */
  count(what: Active): number;
  /** To be kept over a restart; what `kept` takes. */
  state(): Json;
}

export const activityOf = (now: () => Millis, kept?: Json): Activity => {
  const last = new Map(actives.map((what) => [what, keptOf(kept, what)]));
  const of = (what: Active): Map<string, Millis> => last.get(what) ?? new Map<string, Millis>();
  return {
    saw: (what, name) => {
      const seen = of(what);
      // Behind all others, so that the first is always whoever was active longest ago.
      seen.delete(name);
      seen.set(name, now());
      const [oldest] = seen.size > most ? seen.keys() : [];
      if (oldest !== undefined) seen.delete(oldest);
    },
    within: (what, times) => {
      const counts = times.map(() => 0);
      const at = now();
      for (const then of of(what).values())
        for (const [index, time] of times.entries())
          if (at - then < time) counts[index] = (counts[index] ?? 0) + 1;
      return counts;
    },
    count: (what) => of(what).size,
    state: () => {
      const oldest = now() - longest;
      for (const seen of last.values())
        for (const [name, at] of seen) if (at < oldest) seen.delete(name);
      return Object.fromEntries([...last].map(([what, seen]) => [what, Object.fromEntries(seen)]));
    },
  };
};

/** What is of another form than `state` gives was not written by this version: nothing is known then. */
const keptOf = (kept: Json | undefined, what: Active): Map<string, Millis> => {
  const known = isRecord(kept) ? kept[what] : undefined;
  const entries = isRecord(known) ? Object.entries(known) : [];
  const times = entries.flatMap(([name, at]): [string, Millis][] =>
    typeof at === "number" ? [[name, at]] : [],
  );
  return new Map(times.toSorted(([, one], [, other]) => one - other).slice(-most));
};

const isRecord = (json: Json | undefined): json is { readonly [key: string]: Json } =>
  typeof json === "object" && json !== null && !Array.isArray(json);
