import type { Registration } from "@bridgebox/registration";
import type { BoxConfig } from "../config/index.ts";
import type { Asking } from "./ask.ts";

/** What the checks that need a homeserver look at. */
export interface Context {
  readonly config: BoxConfig;
  /** The config's file as it was named, for what a person is told to type. */
  readonly file: string;
  /** The registration's file. */
  readonly path: string;
  readonly registration: Registration;
  readonly asking: Asking;
  readonly signal: AbortSignal;
}

/** A command as a person types it, for that config. */
export const command = (name: string, file: string, flag = ""): string =>
  `\`npm ${name === "start" ? name : `run ${name}`} -- -c ${/^[\w./-]+$/.test(file) ? file : JSON.stringify(file)}${flag}\``;
