/** How often one thing was asked of the homeserver since the start. */
export interface CallCount {
  /** What was asked, as `send_an_event`. */
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
