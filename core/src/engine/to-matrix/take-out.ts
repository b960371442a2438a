import { MatrixError } from "../../matrix/types.ts";
import type { Turn } from "../turn.ts";
import type { Works } from "../works.ts";

/** An event that is to go, and who could do it: the bot is `undefined`. */
export interface Outgoing {
  readonly room: string;
  readonly event: string;
  readonly txn: string;
  readonly as: readonly (string | undefined)[];
}

/** Redacts an event as the first of them who may. */
export const takeOut = async (
  { box }: Works,
  { signal }: Turn,
  { as: speakers, ...target }: Outgoing,
): Promise<void> => {
  for (const [at, as] of speakers.entries()) {
    try {
      await box.homeserver.redact(target, { class: "live", as, signal });
      return;
    } catch (error) {
      const forbidden = error instanceof MatrixError && error.errcode === "M_FORBIDDEN";
      if (!forbidden || at === speakers.length - 1) throw error;
    }
  }
};
