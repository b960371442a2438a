import { LogLevel } from "@slack/web-api";
import type { Logger } from "@slack/web-api";

/** The library's own log would show tokens and texts; what matters of it comes as errors. */
export const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  getLevel: () => LogLevel.ERROR,
  setName: () => undefined,
};
