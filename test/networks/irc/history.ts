import type { Connection, Outgoing } from "./connection.ts";
import { fold } from "./names.ts";

/** A line of a message of several; `joined`: it goes on with the one before it. */
export interface Row {
  readonly text: string;
  readonly joined: boolean;
}

/** One thing that the server remembers, in the inner one-character-per-byte form. */
export interface Remembered {
  /** Of the folded channel, or of both folded nicks. */
  readonly place: string;
  readonly verb: "PRIVMSG" | "NOTICE" | "TAGMSG" | "JOIN";
  /** As the line names it. */
  readonly target: string;
  readonly source: string;
  readonly nick: string;
  readonly account: string | undefined;
  /** Of who joined. */
  readonly realName?: string;
  readonly rows: readonly Row[];
  readonly tags: ReadonlyMap<string, string>;
  readonly msgid: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Who said it under another name. */
  readonly relayer: string | undefined;
  /** The line that took it back, where history tells of it. */
  readonly redacted?: Outgoing;
}

const kept = 20_000;

export const placeOf = (me: string, target: string): string =>
  target.startsWith("#") ? fold(target) : [fold(me), fold(target)].sort().join(" ");

/** What was said, oldest first, in all places. */
export class History {
  readonly all: Remembered[] = [];
  #ids = 0;

  /** An id that no other message has. */
  nextId(): string {
    this.#ids += 1;
    return `id-${this.#ids.toString(36)}.${Math.trunc(Math.random() * 1e9).toString(36)}`;
  }

  add(entry: Remembered): void {
    this.all.push(entry);
    if (this.all.length > kept) this.all.splice(0, kept / 2);
  }

  /** Forgets everything: the server has no disk. */
  clear(): void {
    this.all.length = 0;
  }

  of(place: string, events: boolean): readonly Remembered[] {
    const plain = (verb: string): boolean => verb === "PRIVMSG" || verb === "NOTICE";
    return this.all.filter((one) => one.place === place && (events || plain(one.verb)));
  }

  /** Takes a message back; with a line, that stands in its place from now on. */
  remove(msgid: string, told?: Outgoing): void {
    const at = this.all.findIndex((one) => one.msgid === msgid);
    const entry = this.all[at];
    if (entry === undefined) return;
    const rows = [{ text: "(deleted)", joined: false }];
    this.all.splice(at, 1, ...(told === undefined ? [] : [{ ...entry, rows, redacted: told }]));
  }
}

const relayTag = ({ relayer }: Remembered): ReadonlyMap<string, string> =>
  relayer === undefined ? new Map() : new Map([["draft/relaymsg", relayer]]);

/** What is remembered, as a client with that capabilities sees it. */
export function shownTo(client: Connection, one: Remembered): readonly Outgoing[] {
  const told = client.caps.has("draft/message-redaction") ? one.redacted : undefined;
  return told === undefined ? spokenTo(client, one) : [...spokenTo(client, one), told];
}

function spokenTo(client: Connection, one: Remembered): readonly Outgoing[] {
  const { source, account, tags, msgid, at, verb, target } = one;
  const head = { source, account, tags, msgid, at, serverTags: relayTag(one) };
  if (verb === "JOIN") {
    const extended = client.caps.has("extended-join");
    const more = extended ? ` ${account ?? "*"} :${one.realName ?? ""}` : "";
    return [{ ...head, rest: `JOIN ${target}${more}` }];
  }
  if (verb === "TAGMSG") return [{ ...head, rest: `TAGMSG ${target}` }];
  const [first, ...more] = one.rows;
  if (first === undefined) return [];
  if (more.length === 0) return [{ ...head, rest: `${verb} ${target} :${first.text}` }];
  if (client.caps.has("draft/multiline") && client.caps.has("batch")) {
    const items = one.rows.map(({ text, joined }) => ({
      source,
      rest: `${verb} ${target} :${text}`,
      ...(joined ? { serverTags: new Map([["draft/multiline-concat", ""]]) } : {}),
      bare: true,
    }));
    return [{ ...head, rest: "", batch: { type: "draft/multiline", params: [target], items } }];
  }
  return one.rows.map(({ text }, row) =>
    row === 0
      ? { ...head, rest: `${verb} ${target} :${text}` }
      : { source, account, at, rest: `${verb} ${target} :${text}` },
  );
}
