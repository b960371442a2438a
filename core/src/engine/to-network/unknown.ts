import { isSeenOnly } from "../again/act.ts";
import type { Turn } from "../turn.ts";
import type { Works } from "../works.ts";

/**
 * Why there is nothing on the network to change or delete; nothing: nobody knows better. A message of
 * which a person said that it had arrived is there, and has no id here.
 */
export const whyUnknown = async (
  { box }: Works,
  { portal }: Turn,
  { event, deed }: { readonly event: string | undefined; readonly deed: string },
): Promise<string | undefined> => {
  if (event === undefined) return undefined;
  const outcome = await box.store.read.outcomes.get(event, portal.id);
  return outcome && isSeenOnly(outcome)
    ? `the network never told which message of it that is; it is known to be there because somebody here said so. ${deed} it there.`
    : undefined;
};
