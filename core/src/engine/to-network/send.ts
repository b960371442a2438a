import { BridgeError } from "../../adapter/index.ts";
import type { Attempt, Draft, Found, Json, Order, SendResult, Sent } from "../../adapter/index.ts";
import { deadlineWithin } from "../../flow/deadline.ts";
import type { LiveLogin } from "../box.ts";
import { outPayload } from "../sent-row.ts";
import type { Settlement, Turn } from "../turn.ts";
import type { Works } from "../works.ts";
import { enterChat } from "./speaker.ts";
import type { Voice } from "./speaker.ts";

/** How a call ended: the network has it, or nobody can tell. */
export type Ended = { readonly sent: Sent } | { readonly settlement: Settlement };

interface Plan {
  readonly voice: Voice;
  readonly draft: Draft;
  /** The call itself; `send` or `edit`. */
  readonly call: (order: Order, attempt: Attempt) => Promise<SendResult>;
}

/** One side effect on the network, exactly once where the network can be asked, else at most once. */
export const perform = async (works: Works, turn: Turn, plan: Plan): Promise<Ended> => {
  const { network, media } = works.box.settings.deadline;
  const within = (plan.draft.media?.length ?? 0) > 0 ? media : network;
  const deadline = deadlineWithin(within, turn.signal);
  try {
    return await tried(works, turn, { ...plan, signal: deadline.signal });
  } finally {
    deadline.end();
  }
};

const tried = async (
  works: Works,
  turn: Turn,
  { voice, draft, call, signal }: Plan & { signal: AbortSignal },
): Promise<Ended> => {
  const { box } = works;
  const { login, speaker } = voice;
  await enterChat(works, turn.portal, login, signal);
  const order: Order = { chat: turn.portal.chat, draft, speaker };
  if (turn.suspect) {
    const looked = await look(works, turn, { login, order, signal });
    if (looked) return looked;
  } else {
    const there = await lookAgain(works, turn, { login, order, signal });
    if (there) return there;
  }
  await box.failpoint("out.before-claim");
  const claimed = await turn.claim(draft);
  await box.failpoint("out.before-call");
  const attempt = attemptOf(works, turn, { ...claimed, notes: turn.item.notes, signal });
  const result = await Promise.race([call(order, attempt), echoed(turn)]);
  await box.failpoint("out.after-call");
  return result.state === "sent" ? result : awaitEcho(works, turn, { login, order, result });
};

const attemptOf = (
  works: Works,
  turn: Turn,
  facts: Pick<Attempt, "number" | "firstAt" | "notes" | "signal">,
): Attempt => ({
  key: turn.item.key,
  ...facts,
  note: (data: Json) => works.box.store.commit((tx) => tx.items.note(turn.item.id, data)),
});

const echoed = async (turn: Turn): Promise<SendResult> => {
  const confirmation = await turn.confirmed;
  if (confirmation.by === "network") return { state: "sent", sent: confirmation.sent };
  return new Promise(() => undefined);
};

const doubt = (why: string): { readonly settlement: Settlement } => ({
  settlement: { end: "doubtful", code: "doubtful", sentence: why },
});

/** The last attempt may have arrived. A network that can be asked is; another is not sent to twice. */
const look = async (
  works: Works,
  turn: Turn,
  { login, order, signal }: { login: LiveLogin; order: Order; signal: AbortSignal },
): Promise<Ended | undefined> => {
  const { connections } = works.box;
  const { id } = login.row;
  if (!connections.can(id, "send"))
    throw new BridgeError("network", `${login.row.name} is not connected.`, {
      reached: "no",
      scope: "item",
    });
  if (!connections.can(id, "find"))
    return doubt(
      "the connection broke off while it was being sent, and this network cannot be asked. Look there, and send it again if it is missing.",
    );
  const item = (await works.box.store.read.items.get(turn.item.id)) ?? turn.item;
  const { attempt: number, firstAt = item.at, notes } = item;
  const facts = { number, firstAt, notes, signal };
  const found: Found = await connections.call(
    login.row.id,
    "find",
    order,
    attemptOf(works, turn, facts),
  );
  switch (found.state) {
    case "sent":
      return { sent: found.sent };
    case "absent":
      return undefined;
    case "unknown":
      return doubt(
        "the network could not say whether it has it. Look there, and send it again if it is missing.",
      );
    default:
      return found satisfies never;
  }
};

/** A person wants it sent again, who may not have seen that it is there: where it is found, it is not. */
const lookAgain = async (
  works: Works,
  turn: Turn,
  asked: { login: LiveLogin; order: Order; signal: AbortSignal },
): Promise<Ended | undefined> => {
  const { id } = asked.login.row;
  if (outPayload(turn.item).again !== "doubtful" || !works.box.connections.can(id, "find"))
    return undefined;
  const looked = await look(works, turn, asked);
  return looked && "sent" in looked ? looked : undefined;
};

/** It was written; an inbound event will say so, or after its time the network is asked. */
const awaitEcho = async (
  works: Works,
  turn: Turn,
  {
    login,
    order,
    result,
  }: { login: LiveLogin; order: Order; result: SendResult & { state: "pending" } },
): Promise<Ended> => {
  const patience = works.box.clock.sleep(result.within, turn.signal);
  const seen = await Promise.race([echoed(turn), patience.then(() => undefined)]);
  if (seen?.state === "sent") return seen;
  turn.signal.throwIfAborted();
  const deadline = deadlineWithin(works.box.settings.deadline.network, turn.signal);
  const looked = await look(works, turn, { login, order, signal: deadline.signal }).finally(
    deadline.end,
  );
  if (looked) return looked;
  throw new BridgeError("network", "The network did not show the message. It is sent again.", {
    reached: "no",
    scope: "item",
  });
};
