import type { Json } from "../adapter/index.ts";
import type { MatrixEvent } from "../matrix/types.ts";
import { usersOf } from "./levels.ts";
import { full } from "./merge-levels.ts";

/** Before an event that sets levels; undefined: the homeserver does not tell them. */
export const levelsBefore = ({ unsigned }: MatrixEvent): Record<string, number> | undefined => {
  const content: Json | undefined = unsigned?.["prev_content"];
  if (content === null || typeof content !== "object" || Array.isArray(content)) return undefined;
  return usersOf("users" in content ? content["users"] : undefined);
};

/**
 * Which of these people have another level now, and which. Where the homeserver does not tell what was
 * before, those who are named now; nobody who has as much as the bot, which is more than a role.
 */
export const touchedPeople = (
  event: MatrixEvent,
  people: Iterable<string>,
): Readonly<Record<string, number>> => {
  const now = usersOf(event.content["users"]);
  const before = levelsBefore(event);
  const touched: Record<string, number> = {};
  for (const mxid of people) {
    const level = now[mxid] ?? 0;
    const same = before ? (before[mxid] ?? 0) === level : !(mxid in now);
    if (!same && level < full) touched[mxid] = level;
  }
  return touched;
};
