import type { ErrorCode } from "../adapter/index.ts";
import type { JsonObject } from "../matrix/types.ts";
import type { Lane, Outcome, Portal, Repositories } from "../store/types.ts";
import { isRetriable } from "./again/worth.ts";
import type { Box, Happening } from "./box.ts";
import { Latest } from "./ephemeral/latest.ts";
import { quietly } from "./ephemeral/quietly.ts";
import type { Portals } from "./portals.ts";

/** `com.beeper.message_send_status`: what clients show under a message, as bridges of the field send it. */
export const sendStatus = "com.beeper.message_send_status";

/** Reasons that clients know, by our codes; everything else is the network's own trouble. */
const reasons: Partial<Readonly<Record<ErrorCode, string>>> = {
  forbidden: "m.no_permission",
  banned: "m.no_permission",
  auth: "m.bridge_unavailable",
  full: "m.bridge_unavailable",
  unsupported: "com.beeper.unsupported_event",
  invalid: "com.beeper.unsupported_event",
  too_large: "com.beeper.unsupported_event",
  expired: "m.event_too_old",
  internal: "m.event_not_handled",
  cancelled: "m.event_not_handled",
};

const words = {
  delivered: "SUCCESS",
  retrying: "PENDING",
  doubtful: "FAIL_RETRIABLE",
  not_bridged: "FAIL_PERMANENT",
} as const;

/** A client offers its own "try again" for what is retriable. */
const wordOf = (outcome: Pick<Outcome, "state" | "code">): string => {
  const { state } = outcome;
  if (state !== "failed") return words[state];
  return isRetriable(outcome) ? "FAIL_RETRIABLE" : "FAIL_PERMANENT";
};

/**
 * The content of such an event (mautrix-go: `BeeperMessageStatusEventContent`). `message` is for people,
 * `internal_error` for whoever reads a report. `lastTry`: by which event a client last tried it again.
 */
export const statusContent = (outcome: Outcome, network: string, lastTry?: string): JsonObject => {
  const { origin, state, code, sentence } = outcome;
  return {
    "m.relates_to": { rel_type: "m.reference", event_id: origin },
    network,
    status: wordOf(outcome),
    ...(lastTry === undefined || lastTry === origin ? {} : { last_retry: lastTry }),
    ...(state === "delivered"
      ? {}
      : {
          reason: (code && reasons[code]) ?? "m.foreign_network_error",
          ...(code === undefined ? {} : { internal_error: code }),
          ...(sentence === undefined ? {} : { message: sentence }),
        }),
  };
};

/** The same for a chat that is bridged no more: it can be told, and not be tried again. */
export const endedStatus = (outcome: Outcome, network: string): JsonObject => ({
  ...statusContent(outcome, network),
  status: words.not_bridged,
});

/**
 * In the commit that writes an outcome, before it does: the event that tells clients of it, where the
 * config wants it. Of many tries one is told. Returns the lane that has it.
 */
export const addStatus = async (
  box: Box,
  tx: Repositories,
  portal: Portal,
  { outcome, lastTry }: { readonly outcome: Outcome; readonly lastTry?: string | undefined },
): Promise<Lane | undefined> => {
  if (!box.settings.statusEvents || outcome.direction !== "out") return undefined;
  if (portal.room === undefined || !outcome.origin.startsWith("$")) return undefined;
  const before = await tx.outcomes.get(outcome.origin, portal.id);
  if (outcome.state === "retrying" && before?.state === "retrying") return undefined;
  const origin = `send-status:${outcome.origin}`;
  const key = box.keyOf(portal.id, `${origin}:${outcome.state}`, String(outcome.at));
  if (await tx.items.byKey(key)) return undefined;
  const lane: Lane = { portal: portal.id, direction: "in" };
  await tx.items.add({
    lane,
    rank: 1,
    origin,
    kind: "sendStatus",
    at: outcome.at,
    key,
    payload: statusContent(outcome, portal.network, lastTry),
  });
  return lane;
};

/** Many messages in that time are one receipt, in milliseconds. */
const wait = 700;
const mostWaiting = 1000;

/**
 * The bot has read what is on every network of its room, so that people see how far their messages are
 * (spec: Client-Server API, "Receipts"). Never stored: the next one says the same and more.
 */
export const receiptsOfBot = (
  box: Box,
  portals: Pick<Portals, "ofRoom">,
): ((happening: Happening) => void) => {
  const mark = async ({ room, origin }: Outcome): Promise<void> => {
    if (room === undefined || box.homeserverGate.closure) return;
    if ((await box.store.read.items.ofOrigin(origin)).length > 0) return;
    for (const { id, dead } of await portals.ofRoom(room)) {
      const outcome = dead ? undefined : await box.store.read.outcomes.get(origin, id);
      if (outcome && outcome.state !== "delivered") return;
    }
    await box.homeserver.setReceipt(room, origin, { class: "roster", signal: box.signal });
  };
  const latest = new Latest<Outcome>({
    clock: box.clock,
    signal: box.signal,
    wait,
    most: mostWaiting,
    work: (outcome) => quietly(box, "The bot's read receipt", mark(outcome)),
  });
  return (happening) => {
    if (happening.what !== "outcome" || !box.settings.receipts) return;
    const { outcome } = happening;
    const isMessage = outcome.direction === "out" && outcome.state === "delivered";
    if (isMessage && outcome.room !== undefined && outcome.origin.startsWith("$"))
      latest.set(outcome.room, outcome);
  };
};
