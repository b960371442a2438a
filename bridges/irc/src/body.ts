import type { Json } from "@bridgebox/core/adapter";
import { BridgeError } from "@bridgebox/core/adapter";

/** A line of a message of several; `joined`: it goes on with the one before it. */
export interface Row {
  readonly text: string;
  readonly joined: boolean;
}

/** One message as a draft stores it. */
export interface Body {
  readonly as: "say" | "notice" | "action";
  readonly rows: readonly [Row, ...Row[]];
  /** The server's id of the message that it answers. */
  readonly reply?: string;
  /** The speaker's name stands nowhere in it yet. */
  readonly named?: boolean;
  /** A text that is put onto a page of its own; the link to it ends the row. */
  readonly paste?: string;
}

const spoiled = (): BridgeError =>
  new BridgeError("internal", "The message was not sent – its stored form is not of IRC.", {
    reached: "no",
    scope: "item",
  });

const rowOf = (row: Json): Row => {
  if (typeof row !== "object" || row === null || !("text" in row)) throw spoiled();
  if (typeof row.text !== "string") throw spoiled();
  return { text: row.text, joined: "joined" in row && row.joined === true };
};

/** The form in which a body is stored: one line stands as its text alone. */
export function storedBody({ as, rows, reply, named, paste }: Body): Json {
  const [only, ...more] = rows;
  return {
    as,
    ...(more.length === 0
      ? { text: only.text }
      : { lines: rows.map(({ text, joined }) => (joined ? { text, joined } : { text })) }),
    ...(reply === undefined ? {} : { reply }),
    ...(named === false ? { named } : {}),
    ...(paste === undefined ? {} : { paste }),
  };
}

/**
 * The body of a draft as the store gave it back.
 * @throws BridgeError when it is none.
 */
export function parseBody(body: Json): Body {
  if (typeof body !== "object" || body === null || !("as" in body)) throw spoiled();
  const as = (["say", "notice", "action"] as const).find((verb) => verb === body["as"]);
  const listed = "lines" in body && Array.isArray(body["lines"]) ? body["lines"] : undefined;
  const alone = "text" in body ? [{ text: body["text"] ?? null }] : [];
  const [first, ...rest] = (listed ?? alone).map(rowOf);
  if (as === undefined || first === undefined) throw spoiled();
  const reply = "reply" in body && typeof body["reply"] === "string" ? body["reply"] : undefined;
  const named = !("named" in body && body["named"] === false);
  const paste = "paste" in body && typeof body["paste"] === "string" ? body["paste"] : undefined;
  return {
    as,
    rows: [first, ...rest],
    ...(reply === undefined ? {} : { reply }),
    named,
    ...(paste === undefined ? {} : { paste }),
  };
}
