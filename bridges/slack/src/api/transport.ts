/** (live) What brings events: a socket, or Slack's calls. */
export interface Ears {
  /**
   * Resolves when what came is on disk, and only then is it acknowledged; rejects when it must come
   * again, which also ends the connection.
   */
  readonly receive: (payload: unknown) => Promise<void>;
  /** Everything that comes from now on is heard. Resolves when it may come. */
  readonly opened: () => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Connects and listens. Resolves when the connection is over.
 * @throws BridgeError when there is none.
 */
export type Transport = (ears: Ears) => Promise<void>;
