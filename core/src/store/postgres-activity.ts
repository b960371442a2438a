/** What is being asked of the database now. */
export interface Activity {
  /** Counts it as long as it runs. */
  during<T>(asked: Promise<T>): Promise<T>;
  /**
   * Calls `stalled` once nothing has been asked of the database for a turn of the event loop: who
   * waits for the database goes on in the turn in which it answers. Returns the end of it.
   */
  watch(stalled: () => void): () => void;
}

export const createActivity = (): Activity => {
  let running = 0;
  let watcher: (() => void) | undefined;
  let turn: NodeJS.Immediate | undefined;
  const look = (): void => {
    turn ??= setImmediate(() => {
      turn = undefined;
      if (running === 0) watcher?.();
    });
  };
  return {
    during(asked) {
      running += 1;
      const over = (): void => {
        running -= 1;
        if (running === 0 && watcher) look();
      };
      asked.then(over, over);
      return asked;
    },
    watch(stalled) {
      watcher = stalled;
      look();
      return () => {
        watcher = undefined;
        clearImmediate(turn);
        turn = undefined;
      };
    },
  };
};
