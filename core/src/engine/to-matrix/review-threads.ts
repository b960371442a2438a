import type { HistoryPage, LoginId, MessageId } from "../../adapter/index.ts";
import type { NewItem, Repositories } from "../../store/types.ts";
import { healingItem } from "../heal.ts";
import type { Healing } from "../heal.ts";
import type { Turn } from "../turn.ts";
import type { Works } from "../works.ts";
import { listedIn } from "./review.ts";

/** Threads of a chat that are looked at after an absence: each is a call of its own. */
const mostThreads = 10;

interface Reviewed {
  readonly turn: Turn;
  readonly page: HistoryPage;
  readonly healing: Healing;
  readonly login: LoginId;
}

/**
 * Answers in threads are in no page of the chat: the threads in which somebody spoke since the oldest
 * message of that page are looked at by themselves, those with the newest answers first, each when it is
 * its login's turn.
 */
export const threadReviews = async (
  works: Works,
  tx: Repositories,
  { turn, page, healing, login }: Reviewed,
): Promise<readonly NewItem[]> => {
  const { portal } = turn;
  if (healing.thread !== undefined || portal.info?.features.thread !== "inline") return [];
  const moments = [...listedIn(page).values()];
  if (moments.length === 0) return [];
  const { gap, seenBy } = healing;
  const span = { after: Math.min(...moments), before: Math.max(gap.at, ...moments) };
  const rows = await tx.messages.between(portal.id, span);
  const threads = new Set(rows.toReversed().flatMap(({ thread }) => thread ?? []));
  return [...threads].slice(0, mostThreads).map((thread: MessageId) =>
    healingItem(works, portal, {
      gap,
      direction: "older",
      review: true,
      thread,
      pages: 0,
      tries: 0,
      notBefore: works.reviewTimes.take(login, works.box.clock.now()),
      seenBy,
    }),
  );
};
