import type { Engine } from "../engine/index.ts";
import type { LoginTalk } from "./login-talk.ts";

/** What a command is given. */
export interface Asked {
  readonly engine: Engine;
  readonly talk: LoginTalk;
  readonly room: string;
  readonly sender: string;
  /** The event that said it. */
  readonly event: string;
  /** The event that it was said in answer to. */
  readonly about: string | undefined;
  readonly args: readonly string[];
  readonly signal: AbortSignal;
}

/** One command: a file with one of these, listed in `table.ts`. */
export interface Command {
  readonly name: string;
  /** Other names that people know for it. */
  readonly also?: readonly string[];
  readonly args: string;
  readonly says: string;
  readonly needs: "commands" | "user" | "admin";
  /** The answer, as a person reads it. Throws a `BridgeError` for what did not happen. */
  run(asked: Asked): Promise<string>;
}
