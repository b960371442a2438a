import { setTimeout as delay } from "node:timers/promises";
import { openGround } from "./ground.ts";
import type { Ground, GroundOptions } from "./lanes.ts";
import { cpuOf, percentile, rssOf } from "./report.ts";
import type { Row } from "./report.ts";

const counts = { sandbox: { burst: 10_000, paced: 2_000 }, synapse: { burst: 600, paced: 200 } };
const rates = { sandbox: 200, synapse: 20 };

interface Flow {
  readonly perSecond: number;
  readonly cpu: number;
  readonly latencies: readonly number[];
}

/** Messages both ways through the whole box: as fast as it goes, then at a set pace. */
export const benchTraffic = async (options: GroundOptions): Promise<readonly Row[]> => {
  const where = options.synapse ? "synapse" : "sandbox";
  const { burst, paced } = counts[where];
  const ground = await openGround(options);
  try {
    await flow(ground, "in", { count: ground.lanes, rate: undefined });
    await flow(ground, "out", { count: ground.lanes, rate: undefined });
    const raw = await rawRate(ground, burst / 2);
    const inward = await flow(ground, "in", { count: burst, rate: undefined });
    const outward = await flow(ground, "out", { count: burst, rate: undefined });
    const calmIn = await flow(ground, "in", { count: paced, rate: rates[where] });
    const calmOut = await flow(ground, "out", { count: paced, rate: rates[where] });
    const name = options.network;
    const rows = [
      ...rowsOf(`${name} → Matrix`, { fast: inward, calm: calmIn, rate: rates[where] }),
      ...rowsOf(`Matrix → ${name}`, { fast: outward, calm: calmOut, rate: rates[where] }),
      { name: "CPU there and back", value: inward.cpu + outward.cpu, unit: "ms", goal: "< 1.5" },
      { name: "memory", value: rssOf(ground.pid), unit: "MiB" },
    ];
    if (raw === undefined) return rows;
    const alone = {
      name: "the homeserver's own rate in these rooms",
      value: raw,
      unit: "messages/s",
    };
    return [...rows.map(withoutGoal), alone];
  } finally {
    await ground.close();
  }
};

/** The four networks, one after the other on the same machine. */
export const benchNetworks = async (): Promise<readonly Row[]> => {
  const rows: Row[] = [];
  for (const network of ["irc", "slack", "telegram", "discord"] as const)
    for (const row of await benchTraffic({ network, synapse: false }))
      rows.push(row.name.includes(network) ? row : { ...row, name: `${network}, ${row.name}` });
  return rows;
};

const rawRate = async (ground: Ground, count: number): Promise<number | undefined> => {
  if (!ground.raw) return undefined;
  const began = performance.now();
  await ground.raw(count / ground.lanes);
  return (count * 1000) / (performance.now() - began);
};

/** The goals are for the box, and a real homeserver is the slowest part of the way. */
const withoutGoal = ({ name, value, unit }: Row): Row => ({ name, value, unit });

const rowsOf = (
  way: string,
  { fast, calm, rate }: { fast: Flow; calm: Flow; rate: number },
): readonly Row[] => [
  { name: `${way}, burst`, value: fast.perSecond, unit: "messages/s", goal: ">= 1000" },
  { name: `${way}, CPU of the box`, value: fast.cpu, unit: "ms a message" },
  {
    name: `${way}, ${rate}/s, p50`,
    value: percentile(calm.latencies, 0.5),
    unit: "ms from end to end",
    goal: "< 3",
  },
  {
    name: `${way}, ${rate}/s, p99`,
    value: percentile(calm.latencies, 0.99),
    unit: "ms from end to end",
    goal: "< 25",
  },
];

let flows = 0;

/** Says numbered lines into the lanes in turn and waits until each has come out once, and in order. */
const flow = async (
  ground: Ground,
  way: "in" | "out",
  { count, rate }: { count: number; rate: number | undefined },
): Promise<Flow> => {
  flows += 1;
  const tag = `flow${flows}x`;
  const said = new Float64Array(count);
  const latencies: number[] = [];
  const last = new Map<number, number>();
  const all = Promise.withResolvers<void>();
  const end = ground.listen(way, (text, at) => {
    const number = Number(new RegExp(String.raw`${tag} (\d+)`).exec(text)?.[1] ?? Number.NaN);
    if (Number.isNaN(number)) return;
    const lane = number % ground.lanes;
    if (number <= (last.get(lane) ?? -1)) throw new Error(`${text} is doubled or out of order`);
    last.set(lane, number);
    latencies.push(at - (said[number] ?? 0));
    if (latencies.length === count) all.resolve();
  });
  const cpuBefore = cpuOf(ground.pid);
  const began = performance.now();
  for (let number = 0; number < count; number += 1) {
    if (rate !== undefined) {
      const ahead = began + (number * 1000) / rate - performance.now();
      if (ahead > 0) await delay(ahead);
    }
    said[number] = performance.now();
    await ground.say(way, number % ground.lanes, `${tag} ${number} the quick brown fox`);
  }
  const late = AbortSignal.timeout(120_000);
  late.addEventListener("abort", () =>
    all.reject(new Error(`${way}: only ${latencies.length} of ${count} arrived`)),
  );
  await all.promise;
  const took = performance.now() - began;
  end();
  return {
    perSecond: (count * 1000) / took,
    cpu: (cpuOf(ground.pid) - cpuBefore) / count,
    latencies,
  };
};
