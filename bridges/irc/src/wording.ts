import type { Speaker } from "@bridgebox/core/adapter";
import type { Body, Row } from "./body.ts";
import { relayPrefix } from "./relay-name.ts";

/** A message as it goes over the wire. */
export interface Wording {
  readonly as: Body["as"];
  readonly rows: Body["rows"];
  /** The server shows it under this name; absent: under the client's own. */
  readonly under?: string;
}

/**
 * What is written for a body: whoever sends it and whoever looks for it must mean the same letters.
 * `relays`: the client may speak under others' names there.
 */
export function wordingOf(body: Body, speaker: Speaker, relays: boolean): Wording {
  const { as, rows, named } = body;
  if (named !== false || speaker.as === "self") return { as, rows };
  const { name } = speaker;
  const dressed = (dress: (text: string) => string): Body["rows"] => {
    const [first, ...rest] = rows;
    const row = ({ text, joined }: Row): Row => ({ text: dress(text), joined });
    return [row(first), ...rest.map(row)];
  };
  if (!relays) {
    return { as: as === "action" ? "say" : as, rows: dressed((text) => relayPrefix(name) + text) };
  }
  // RELAYMSG has no actions: italics are how people write one.
  const dress = (text: string) => (as === "action" ? `\x1d${text}\x1d` : text);
  return { as: "say", rows: dressed(dress), under: name };
}

/** Its rows as one text. */
export const joined = (rows: readonly Row[]): string =>
  rows.map(({ text, joined: on }, at) => (on || at === 0 ? text : `\n${text}`)).join("");
