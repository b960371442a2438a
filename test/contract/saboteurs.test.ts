import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Connection, Session } from "@bridgebox/core/adapter";
import { BridgeError } from "@bridgebox/core/adapter";
import type { CaseName } from "@bridgebox/core/testing";
import { cases, playCase } from "@bridgebox/core/testing";
import { example } from "@bridgebox/example";
import { openCave } from "./cave.ts";

type Account = Parameters<Awaited<ReturnType<typeof example.open>>["connect"]>[0]["account"];

interface Sabotage {
  readonly connection?: (good: Connection) => Partial<Connection>;
  readonly session?: (good: Session<Account>) => Partial<Session<Account>>;
  readonly connecting?: () => void;
}

/** The example, with one promise broken. */
const broken = ({ connection, session, connecting }: Sabotage): typeof example => ({
  ...example,
  open: async (host, config) => {
    const network = await example.open(host, config);
    return {
      ...network,
      connect: async (login, given) => {
        connecting?.();
        const good = await network.connect(login, { ...given, ...session?.(given) });
        return { ...good, ...connection?.(good) };
      },
    };
  },
});

let lost: NodeJS.Timeout | undefined;
const sure = { reached: "no", scope: "item" } as const;

/** Each breaks one promise; the case must notice. */
const saboteurs: readonly (readonly [string, CaseName, Sabotage])[] = [
  [
    "acknowledges before it is durable",
    "what was refused is not acknowledged: it comes again",
    {
      session: (good) => ({
        source: (name) => {
          const source = good.source(name);
          const accept: typeof source.accept = async (batch) => {
            const cursorFirst = source.accept({ ...batch, events: [] });
            await cursorFirst;
            await source.accept(batch).catch(() => {});
          };
          return { ...source, accept };
        },
      }),
    },
  ],
  [
    "starts at the beginning each time, under new keys",
    "goes on where it was after a restart",
    {
      session: (good) => ({
        source: (name) => {
          const source = good.source(name);
          const anew = (key: string) => `${key}-${performance.now()}`;
          return {
            ...source,
            cursor: () => undefined,
            accept: (batch) =>
              source.accept({
                ...batch,
                events: batch.events.map((it) => ("key" in it ? { ...it, key: anew(it.key) } : it)),
              }),
          };
        },
      }),
    },
  ],
  [
    "sends twice",
    "sends a text, once",
    {
      connection: (good) => ({
        send: async (order, attempt) => {
          await good.send(order, { ...attempt, key: `${attempt.key}-again` });
          return good.send(order, attempt);
        },
      }),
    },
  ],
  [
    "says that nothing arrived when nobody can know",
    "a lost answer is in doubt, and is looked up where it can be",
    {
      connection: (good) => ({
        send: (order, attempt) =>
          good.send(order, attempt).catch((cause: unknown) => {
            throw new BridgeError("timeout", "Nothing came.", { ...sure, cause });
          }),
      }),
    },
  ],
  [
    "throws what is no sentence",
    "sending to a chat that does not exist surely reached nobody",
    { connection: () => ({ send: () => Promise.reject(new TypeError("undefined")) }) },
  ],
  [
    "plans by the clock",
    "plans the same each time, as plain JSON, within the limit",
    {
      connection: (good) => ({
        plan: (message) =>
          (good.plan?.(message) ?? []).map((it) => ({ ...it, body: performance.now() })),
      }),
    },
  ],
  [
    "does not split",
    "plans the same each time, as plain JSON, within the limit",
    {
      connection: (good) => ({
        plan: (message) => {
          const drafts = good.plan?.(message) ?? [];
          const plain = drafts.map((it) => it.plain).join(" ");
          return drafts.slice(0, 1).map((it) => ({ ...it, plain }));
        },
      }),
    },
  ],
  [
    "lets controls through",
    "no text breaks out of its message",
    {
      connection: (good) => ({
        plan: (message) =>
          (good.plan?.(message) ?? []).map((it) => ({ ...it, plain: `${it.plain}\u0001` })),
      }),
    },
  ],
  [
    "promises what it cannot do",
    "describes a chat by what its methods can do",
    {
      connection: (good) => ({
        describe: async (chat, signal) => {
          const info = await good.describe(chat, signal);
          return { ...info, features: { ...info.features, can: ["react"] } };
        },
      }),
    },
  ],
  [
    "leaves a timer behind",
    "connects, says so, and closes twice",
    { connecting: () => (lost = setInterval(() => {}, 60_000)) },
  ],
];

describe("the contract suite notices an adapter that", () => {
  for (const [name, caught, sabotage] of saboteurs) {
    test(name, async (t) => {
      t.after(() => clearInterval(lost));
      const harness = { start: openCave };
      await assert.rejects(playCase(broken(sabotage), harness, cases[caught]));
      assert.equal(await playCase(example, harness, cases[caught]), undefined);
    });
  }
});
