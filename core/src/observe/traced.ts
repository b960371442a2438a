/**
 * An error that nobody foresaw, for the log, with the place it came from: nothing else tells where the
 * mistake is. What people are told is its message, and never this.
 */
export const traced = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
