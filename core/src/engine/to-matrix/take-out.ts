import { MatrixError } from "../../matrix/types.ts";
import type { MatrixEvent } from "../../matrix/types.ts";
import type { Turn } from "../turn.ts";
import type { Works } from "../works.ts";
import { letIn } from "./send.ts";

/** An event that is to go, and who could do it: the bot is `undefined`. */
export interface Outgoing {
  readonly room: string;
  readonly event: string;
  readonly txn: string;
  readonly as: readonly (string | undefined)[];
  /**
   * Whether that event is the one that is meant, where its id is a stranger's word: the homeserver of a
   * person from elsewhere might name what somebody else said. The bot takes out nothing else.
   */
  readonly isMeant?: ((event: MatrixEvent) => boolean) | undefined;
}

/** Redacts an event as the first of them who may; a ghost comes back for it into a room in which the chat was before. */
export const takeOut = async (
  works: Works,
  turn: Turn,
  { as: speakers, isMeant, ...target }: Outgoing,
): Promise<void> => {
  const { box } = works;
  const { signal, portal } = turn;
  const { room } = target;
  for (const [at, as] of speakers.entries()) {
    try {
      if (as === undefined && isMeant) {
        const call = { class: "live", signal } as const;
        const event = await box.homeserver.getEvent(target.room, target.event, call);
        if (event && !isMeant(event)) {
          box.log.warn(
            "An event was not redacted: it is not the one that another homeserver made",
            {
              room: target.room,
              event: target.event,
            },
          );
          return;
        }
      }
      if (at > 0 && as !== undefined && works.isInNamespace(as) && room !== portal.room)
        await letIn(works, turn, { room, as });
      await box.homeserver.redact(target, { class: "live", as, signal });
      return;
    } catch (error) {
      const forbidden = error instanceof MatrixError && error.errcode === "M_FORBIDDEN";
      if (!forbidden || at === speakers.length - 1) throw error;
    }
  }
};
