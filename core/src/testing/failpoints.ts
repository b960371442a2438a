import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { StoreFull } from "../store/errors.ts";

/** Named places in the engine at which a test may strike. */
export interface Failpoints {
  /** Nothing, unless a plan names this place: then it kills the process, fails, hangs or is slow. */
  hit(name: string): Promise<void>;
}

type Deed = "kill" | "fail" | "full" | "hang" | "delay";

interface Strike {
  readonly deed: Deed;
  /** The hit that it strikes at; 0 for each. */
  readonly at: number;
  readonly ms: number;
}

const done = Promise.resolve();
const nothing: Failpoints = { hit: () => done };

/**
 * From `name[:n]=kill|fail|full|hang|delay(ms)`, several with commas: what `BRIDGEBOX_FAILPOINT` holds when
 * a test sets it. What hangs says so on stderr. `n` is the hit it strikes at, from 1; without it every hit is struck. `@file` reads
 * the plan from a file anew at each hit, so that a running box can be armed.
 */
export const createFailpoints = (plan: string | undefined): Failpoints => {
  if (plan === undefined || plan === "") return nothing;
  if (plan.startsWith("@")) return armedBy(plan.slice(1));
  const strikes = new Map(plan.split(",").map(parseStrike));
  const hits = new Map<string, number>();
  return {
    hit: async (name) => {
      const count = (hits.get(name) ?? 0) + 1;
      hits.set(name, count);
      const strike = strikes.get(name);
      if (strike === undefined || (strike.at !== 0 && strike.at !== count)) return;
      await perform(name, strike);
    },
  };
};

/** Counts the hits since the file last changed; no file is no plan. */
const armedBy = (path: string): Failpoints => {
  let plan = "";
  let points = nothing;
  return {
    hit: (name) => {
      const now = readPlan(path);
      if (now !== plan) points = createFailpoints(now);
      plan = now;
      return points.hit(name);
    },
  };
};

const readPlan = (path: string): string => {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
};

const pattern =
  /^(?<name>[\w.-]+)(?::(?<at>\d+))?=(?<deed>kill|fail|full|hang|delay)(?:\((?<ms>\d+)\))?$/;

const parseStrike = (text: string): readonly [string, Strike] => {
  const { name, at, deed, ms } = pattern.exec(text.trim())?.groups ?? {};
  if (name === undefined || !isDeed(deed)) {
    throw new Error(
      `No failpoint was set: ${JSON.stringify(text)} is not name[:n]=kill|fail|full|hang|delay(ms).`,
    );
  }
  return [name, { deed, at: Number(at ?? 0), ms: Number(ms ?? 50) }];
};

const isDeed = (text: string | undefined): text is Deed =>
  text === "kill" || text === "fail" || text === "full" || text === "hang" || text === "delay";

const perform = async (name: string, { deed, ms }: Strike): Promise<void> => {
  switch (deed) {
    case "kill":
      process.kill(process.pid, "SIGKILL");
      return;
    case "fail":
      throw new Error(`The failpoint ${name} struck.`);
    case "full":
      throw new StoreFull(new Error(`The failpoint ${name} struck.`));
    case "hang":
      process.stderr.write(`The failpoint ${name} hangs.\n`);
      return new Promise(() => {});
    case "delay":
      await sleep(ms);
  }
};
