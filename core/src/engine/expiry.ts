import type { ChatRef, Content, DeleteEvent, MessageId, Millis } from "../adapter/index.ts";
import type { JsonObject } from "../matrix/types.ts";
import type { Portal, Repositories } from "../store/types.ts";
import { asJson } from "./as-json.ts";
import type { Box } from "./box.ts";
import type { Parked } from "./parked.ts";

type Expires = NonNullable<Content["expires"]>;

interface Expiring {
  readonly portal: Pick<Portal, "id" | "chat">;
  readonly remote: MessageId;
  readonly at: Millis;
  readonly expires: Expires | undefined;
}

/**
 * In the commit that notes a message which does not stay: it is taken out of its room when its time is
 * over. The item waits in the store, so a restart forgets nothing.
 */
export const queueExpiry = async (
  { box, parked }: { readonly box: Box; readonly parked: Parked },
  tx: Repositories,
  { portal, remote, at, expires }: Expiring,
): Promise<void> => {
  if (expires?.mode !== "timer" || expires.seconds === undefined) return;
  const key = box.keyOf(portal.id, `expiry:${remote}`, "");
  if (await tx.items.byKey(key)) return;
  const now = box.clock.now();
  const until = (expires.from === "sent" ? at : now) + expires.seconds * 1000;
  const id = await tx.items.add({
    lane: { portal: portal.id, direction: "in" },
    rank: 1,
    origin: `expiry:${remote}`,
    kind: "delete",
    payload: asJson(deletion(portal.chat, remote, until)),
    at: now,
    key,
  });
  await parked.park(tx, id, { key: `expiry:${portal.id}`, until: Math.max(until, now) });
};

const deletion = (chat: ChatRef, remote: MessageId, at: Millis): DeleteEvent => ({
  kind: "delete",
  chat,
  at,
  key: `expiry:${remote}`,
  ids: [remote],
  for: "all",
});

/** For clients that know it: `com.beeper.disappearing_timer`, in the room and in each message. */
export const timerOf = (expires: Expires | undefined): JsonObject | undefined =>
  expires?.mode !== "timer" || expires.seconds === undefined
    ? undefined
    : {
        type: expires.from === "read" ? "after_read" : "after_send",
        timer: expires.seconds * 1000,
      };
