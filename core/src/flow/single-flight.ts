/** Concurrent calls for one key share one run; a failed run is forgotten, so the next call tries again. */
export const singleFlight = <K, T>(run: (key: K) => Promise<T>): ((key: K) => Promise<T>) => {
  const running = new Map<K, Promise<T>>();
  return (key) => {
    const known = running.get(key);
    if (known) return known;
    const started = run(key).finally(() => running.delete(key));
    running.set(key, started);
    return started;
  };
};
