import type { ChatRef, LoginId, RichText } from "../adapter/index.ts";
import type { LoginScript } from "./scripted-login.ts";

/** A message as the network's own server has it. */
export interface ServerMessage {
  readonly text: string;
  /** By the login under test, not by the other person. */
  readonly ours: boolean;
  /** The text of the message that this one answers. */
  readonly answers?: string;
  /** The text of the message that its thread, inside of the chat, began with. */
  readonly thread?: string;
  /** What the login under test reacts to it with. */
  readonly reactions?: readonly string[];
  /** What the login under test votes for, by the options' texts; `text` is the poll's question. */
  readonly votes?: readonly string[];
  /** A poll that nobody can vote in any more. */
  readonly closed?: boolean;
  readonly place?: { readonly lat: number; readonly lon: number };
  readonly pinned?: boolean;
}

/** A file that the other person shows, with words beside it. */
export interface ShownFile {
  readonly name: string;
  readonly mime: string;
  readonly bytes: Uint8Array;
  readonly text: string;
}

/** A file of ours as the network's server holds it. */
export interface ServerFile {
  readonly name?: string;
  readonly bytes: Uint8Array;
  /** The words of the message that it is in. */
  readonly text?: string;
}

/** (live) A server of the network with one login's account, one other person, and a chat of both. */
export interface Stage {
  /** What would stand in the config file. */
  readonly config: unknown;
  /** This server gives ids and remembers what was said, although not every server of the network does. */
  readonly ids?: "shared";
  /** A login by each flow that the adapter has. The first one is who connects. */
  readonly logins: readonly { readonly flow: string; readonly script: LoginScript }[];
  /** The chat that both are in, as the login names it. */
  chat(login: LoginId): ChatRef;
  /** A well-formed chat that does not exist. */
  nowhere(login: LoginId): ChatRef;
  /** Resolves when the connected login is in the chat, where that takes more than connecting. */
  ready?(): Promise<unknown>;
  /** What the other person does in the chat, each naming messages by their text. */
  readonly person: {
    say(text: string): Promise<unknown>;
    answer?(to: string, text: string): Promise<unknown>;
    edit?(old: string, text: string): Promise<unknown>;
    remove?(text: string): Promise<unknown>;
    react?(text: string, emoji: string, on: boolean): Promise<unknown>;
    /** In a thread inside of the chat; not where a thread is a chat of its own. */
    sayInThread?(root: string, text: string): Promise<unknown>;
    poll?(question: string, options: readonly string[]): Promise<unknown>;
    vote?(question: string, option: string): Promise<unknown>;
    closePoll?(question: string): Promise<unknown>;
    place?(lat: number, lon: number): Promise<unknown>;
    pin?(text: string): Promise<unknown>;
    /** Makes the connected login somebody who may ban there. */
    empower?(): Promise<unknown>;
    show?(file: ShownFile): Promise<unknown>;
    /** To the connected login's account itself, where nobody else reads it: for an account of the box. */
    whisper?(text: string): Promise<unknown>;
  };
  /** What that person was said there, oldest first. */
  whispered?(): readonly string[];
  /** What stands in the chat now, oldest first; what was removed does not. */
  messages(): readonly ServerMessage[];
  /** The files that the login under test has sent, in messages that everybody can see. */
  files?(): readonly ServerFile[];
  readonly faults: {
    /** Cuts every connection; they may come back at once. */
    cut(): unknown;
    /** Nobody is let in until `start`. */
    stop(): Promise<unknown>;
    start(): Promise<unknown>;
    /** The next message of ours is stored, and its answer never sent. */
    swallowReply?(): unknown;
  };
  /** What the adapter sent against the protocol; judged to be none at the end of each case. */
  violations?(): readonly string[];
  close(): Promise<unknown>;
}

/** Where a case is played. */
export interface Ground {
  start(): Promise<Stage>;
  /** Texts beyond the hostile ones of the suite. */
  readonly hostile?: readonly RichText[];
}
