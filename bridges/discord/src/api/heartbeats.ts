/** How many heartbeats pass without an answer until the connection counts as dead. */
const patience = 1.5;

/** (live) Watches whether Discord answers heartbeats (docs.discord.com/developers/events/gateway#sending-heartbeats). */
export interface Heartbeats {
  /** What the library says of itself: there alone it tells how often it beats. */
  read(message: string): void;
  /** One was answered. */
  beat(): void;
  end(): void;
}

/** Calls `dead` once nothing was answered for one heartbeat and a half. */
export const watchHeartbeats = (dead: () => void): Heartbeats => {
  let every: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  const beat = (): void => {
    clearTimeout(timer);
    if (every !== undefined) timer = setTimeout(dead, patience * every);
  };
  return {
    read: (message) => {
      const [, found] = /starting to beat every (\d+)ms/.exec(message) ?? [];
      if (found === undefined) return;
      every = Number(found);
      beat();
    },
    beat,
    end: () => clearTimeout(timer),
  };
};
