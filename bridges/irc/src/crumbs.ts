import type { Json, Sent } from "@bridgebox/core/adapter";
import { messageId } from "@bridgebox/core/adapter";

/** The key of one line of a message that goes out line by line. */
export const rowKey = (key: string, row: number): string => `${key}-${row}`;

/** What an attempt notes of a message that goes out line by line: the lines that the network has. */
export const crumbsOf = (said: readonly Sent[]): Json => ({
  rows: said.map(({ id, at }) => ({ id, ...(at === undefined ? {} : { at }) })),
});

const sentOf = (crumb: Json): readonly Sent[] => {
  if (typeof crumb !== "object" || crumb === null || !("id" in crumb)) return [];
  const { id, at } = crumb;
  if (typeof id !== "string") return [];
  return [{ id: messageId(id), ...(typeof at === "number" ? { at } : {}) }];
};

/** The lines of it that are done, by the notes of an earlier attempt. */
export function saidBy(notes: Json | null): readonly Sent[] {
  if (typeof notes !== "object" || notes === null || !("rows" in notes)) return [];
  const rows: Json = notes["rows"] ?? null;
  return Array.isArray(rows) ? rows.flatMap(sentOf) : [];
}

/** Several lines as the one message that they are. */
export function asOne([first, ...rest]: readonly Sent[]): Sent {
  if (first === undefined) throw new Error("A message without lines");
  return rest.length === 0 ? first : { ...first, aliases: rest.map(({ id }) => id) };
}
