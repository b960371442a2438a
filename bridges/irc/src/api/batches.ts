import type { IrcMessage } from "irc-framework";

/** Lines that belong together (IRCv3 batch), complete, with the batches inside of it. */
export interface Batch {
  readonly type: string;
  /** What stands after the type: the target of a history, the servers of a split. */
  readonly params: readonly string[];
  /** Of the line that opened it. */
  readonly opening: IrcMessage;
  readonly items: readonly (IrcMessage | Batch)[];
}

export const isBatch = (item: IrcMessage | Batch): item is Batch => "items" in item;

/** What a line turned out to be. */
export type Passed =
  | { readonly as: "line"; readonly line: IrcMessage }
  | { readonly as: "batch"; readonly batch: Batch }
  /** A labelled answer of several lines is over. */
  | { readonly as: "end"; readonly label: string };

interface Open {
  readonly type: string;
  readonly params: readonly string[];
  readonly opening: IrcMessage;
  readonly items: (IrcMessage | Batch)[];
  /** Its lines wait for its end; those of another are given as they come. */
  readonly held: boolean;
  readonly parent: Open | undefined;
  readonly label: string | undefined;
  /** Of memory, with what is inside of it. */
  bytes: number;
  /** It was given; what comes for it still is too late. */
  over: boolean;
}

/** Batches that mean something as a whole. */
const whole =
  /^(?:chathistory|draft\/chathistory-targets|draft\/multiline|netsplit|netjoin|znc\.in\/playback)$/;

const deepest = 8;
const mostOpen = 1000;
/** Of everything that is held at once: some hundred messages of a hundred lines, and no server's more. */
const mostBytes = 64 * 1024 * 1024;

/** About what a line takes as it is held: its text, two bytes a letter, and the objects around it. */
const costOf = ({ params, tags, prefix }: IrcMessage): number => {
  let letters = prefix.length;
  for (const param of params) letters += param.length;
  for (const name in tags) letters += name.length + (tags[name]?.length ?? 0);
  return 400 + 2 * letters;
};

/**
 * Puts batches together, nested ones too. A line of a batch that is only a wrapper (a labelled answer)
 * passes at once, with the wrapper's label.
 */
export class Batches {
  readonly #open = new Map<string, Open>();
  #bytes = 0;

  /** @throws Error when a server opens more than it can mean. */
  push(message: IrcMessage): Passed | undefined {
    const around = this.#open.get(message.tags["batch"] ?? "");
    if (message.command === "BATCH") {
      const [mark = "", type = "", ...params] = message.params;
      if (mark.startsWith("+"))
        return this.#begin(mark.slice(1), { type, params, message, around });
      return mark.startsWith("-") ? this.#end(mark.slice(1)) : undefined;
    }
    if (around === undefined) return { as: "line", line: message };
    if (around.held) {
      this.#count(around, costOf(message));
      around.items.push(message);
      return undefined;
    }
    return { as: "line", line: withLabel(message, around.label) };
  }

  #count(on: Open, bytes: number): void {
    on.bytes += bytes;
    this.#bytes += bytes;
    if (this.#bytes > mostBytes) throw new Error("A batch of the server has no end");
  }

  #begin(
    id: string,
    facts: {
      type: string;
      params: readonly string[];
      message: IrcMessage;
      around: Open | undefined;
    },
  ): undefined {
    const { type, params, message, around: parent } = facts;
    const label = message.tags["label"] ?? parent?.label;
    const held = parent?.held === true || whole.test(type);
    let depth = 0;
    for (let at = parent; at !== undefined; at = at.parent) depth += 1;
    if (depth > deepest || this.#open.size > mostOpen) throw new Error("Too many batches are open");
    if (this.#open.has(id)) throw new Error("A batch of the server was opened twice");
    const opening = withLabel(message, label);
    const state = { items: [], bytes: 0, over: false };
    const open: Open = { type, params, opening, held, parent, label, ...state };
    this.#open.set(id, open);
    this.#count(open, costOf(opening));
  }

  #end(id: string): Passed | undefined {
    const open = this.#open.get(id);
    if (open === undefined) return undefined;
    this.#open.delete(id);
    open.over = true;
    const { type, params, opening, items, parent, label, bytes } = open;
    const batch: Batch = { type, params, opening, items };
    if (parent?.held === true && !parent.over) {
      parent.bytes += bytes;
      parent.items.push(batch);
      return undefined;
    }
    this.#bytes -= bytes;
    if (open.held) return { as: "batch", batch };
    return label === undefined ? undefined : { as: "end", label };
  }
}

const withLabel = (message: IrcMessage, label: string | undefined): IrcMessage =>
  label === undefined || message.tags["label"] !== undefined
    ? message
    : { ...message, tags: { ...message.tags, label } };
