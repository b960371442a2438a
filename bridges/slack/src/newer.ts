import { BridgeError } from "@bridgebox/core/adapter";
import type { SlackMessage } from "./api/message.ts";
import { isTs } from "./ids.ts";

/** How far the reading of what is newer has come, as it stands in a page's name. */
export interface Newer {
  /** Everything up to it was shown already. */
  readonly after: string | undefined;
  /** Where the pages behind it begin, as far as they are known, the newest first. */
  readonly bounds: readonly string[];
}

/** So many are remembered; those that are forgotten are looked for again. */
const mostBounds = 200;

export const newerFrom = (page: string | undefined, from: string | undefined): Newer => {
  const [after, ...bounds] = page?.split(",") ?? [];
  return page === undefined
    ? { after: from, bounds: [] }
    : { after: after === "" ? undefined : after, bounds: bounds.filter(isTs) };
};

interface Listed {
  /** As Slack gives them: the newest of what stands between `after` and the last of `bounds`. */
  readonly listed: readonly SlackMessage[];
  readonly more: boolean;
  readonly limit: number;
}

/**
 * Slack lists from the newest on, so what is newer is read back to where it begins, of which only the
 * bounds of its pages are kept, and then page by page. `next` is absent at the end.
 */
export const stepInto = (
  { after, bounds }: Newer,
  { listed, more, limit }: Listed,
): { readonly shown: readonly SlackMessage[]; readonly next: string | undefined } => {
  const first = listed.at(-1);
  if (more && first === undefined) throw nothingShown();
  const cuts = listed.filter((each, index) => (each === first ? more : (index + 1) % limit === 0));
  const behind = [...bounds, ...cuts.map(({ ts }) => ts)];
  if (more) return { shown: [], next: nameOf({ after, bounds: behind.slice(-mostBounds) }) };
  const shown = listed.slice(cuts.length * limit);
  if (behind.length === 0) return { shown, next: undefined };
  return { shown, next: nameOf({ after: shown[0]?.ts ?? after, bounds: behind.slice(0, -1) }) };
};

const nameOf = ({ after = "", bounds }: Newer): string => [after, ...bounds].join(",");

const nothingShown = (): BridgeError =>
  new BridgeError(
    "network",
    "The history was not fetched: Slack says that there is more and shows nothing. It is tried again.",
    { reached: "no", scope: "item" },
  );
