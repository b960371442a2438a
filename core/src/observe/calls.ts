import type { NetworkId } from "../adapter/index.ts";

/** How often one thing was asked since the start. */
export interface CallCount {
  /** What was asked, as `send_an_event` of the homeserver. */
  readonly method: string;
  readonly calls: number;
  /** Of these, how many were refused or got no answer. */
  readonly failed: number;
}

export interface CallCounter {
  /** A call that left is over. `does` is one of the client's own phrases, so there are few. */
  readonly count: (does: string, ok: boolean) => void;
  readonly read: () => readonly CallCount[];
}

/** The same of one network. */
export interface NetworkCallCount extends CallCount {
  readonly network: NetworkId;
}

export interface NetworkCallCounter {
  /** What a login of that network was asked for is over. */
  readonly count: (network: NetworkId, method: string, ok: boolean) => void;
  readonly read: () => readonly NetworkCallCount[];
}

export const networkCallCounter = (): NetworkCallCounter => {
  const counters = new Map<NetworkId, CallCounter>();
  return {
    count: (network, method, ok) => {
      const counter = counters.get(network) ?? callCounter();
      counters.set(network, counter);
      counter.count(method, ok);
    },
    read: () =>
      [...counters].flatMap(([network, counter]) =>
        counter.read().map((count) => ({ network, ...count })),
      ),
  };
};

export const callCounter = (): CallCounter => {
  const counts = new Map<string, { calls: number; failed: number }>();
  return {
    count: (does, ok) => {
      const method = does.replaceAll(/[^a-z]+/gi, "_");
      const known = counts.get(method) ?? { calls: 0, failed: 0 };
      counts.set(method, known);
      known.calls += 1;
      if (!ok) known.failed += 1;
    },
    read: () => [...counts].map(([method, count]) => ({ method, ...count })),
  };
};
