import type { Attempt } from "../adapter/index.ts";
import type { Engine } from "../engine/index.ts";
import type { LoginTalk } from "./login-talk.ts";

/** What a command is given. */
export interface Asked {
  readonly engine: Engine;
  readonly talk: LoginTalk;
  /** The room that it is about. */
  readonly room: string;
  /** The room in which the answer is read: another one only where an admin acts in a room. */
  readonly heardIn: string;
  /** For whom it is done. */
  readonly sender: string;
  /** The event that said it. */
  readonly event: string;
  /** The event that it was said in answer to. */
  readonly about: string | undefined;
  /** The admin who does it for them. */
  readonly actor?: string | undefined;
  readonly args: readonly string[];
  /** Aborts when the box stops, or after a while. */
  readonly signal: AbortSignal;
  /** For what is not to be done twice on a network. */
  readonly attempt: Attempt;
  /** All that this person may do, or what one command does. */
  readonly help: (about: string | undefined) => string;
  /** Whether a command is called that. */
  readonly isCommand: (name: string) => boolean;
  /** Takes the person's line out of the room. False: we may not. */
  readonly hide: () => Promise<boolean>;
  /** Does that line as somebody else, or in another room. */
  readonly pass: (
    line: string,
    to: { readonly sender?: string; readonly room?: string },
  ) => Promise<string>;
}

/** The parts of the help, in its order. */
export const sections = {
  logins: "Your logins",
  chats: "People and chats",
  rooms: "In a bridged room",
  box: "This box",
  admins: "For admins",
} as const;

/** One command: a file with one of these, listed in `table.ts`. The help and the docs are made from it. */
export interface Command {
  readonly name: string;
  /** Other names that people know for it. */
  readonly also?: readonly string[];
  readonly section: keyof typeof sections;
  readonly args: string;
  readonly says: string;
  readonly needs: "commands" | "user" | "admin";
  /**
   * What `!<network>` before it stands for: its first argument, or the only one where there is none.
   * Absent: it is about no network.
   */
  readonly network?: "first" | "only";
  /** It may be done again where a crash came in its middle; else the person is asked to look. */
  readonly again?: true;
  /** What stands after its name is taken out of the room at once, whatever becomes of it. */
  readonly isSecret?: boolean;
  /** A command stands behind it. */
  readonly passes?: true;
  /** Nobody else can do it for them, or from another room. */
  readonly inPerson?: true;
  /** What the help of it alone tells besides, of this box. */
  readonly more?: (engine: Engine) => readonly string[];
  /** The answer, as a person reads it. Throws a `BridgeError` for what did not happen. */
  run(asked: Asked): Promise<string>;
}
