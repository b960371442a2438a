import type { Attempt, Found, Order } from "@bridgebox/core/adapter";
import type { IrcMessage } from "irc-framework";
import type { Batch } from "./api/batches.ts";
import { isBatch } from "./api/batches.ts";
import type { Client } from "./api/client.ts";
import type { ConnectionContext } from "./context.ts";
import { ctcpIn } from "./ctcp.ts";
import { tag } from "./features.ts";
import { boundAt, request } from "./history.ts";
import { messageBy, usableMsgid } from "./ids.ts";
import { headOf, timeOf } from "./message.ts";
import { relayNick } from "./relay-name.ts";
import { targetOf, wordsOf } from "./send.ts";

/** Clocks of two machines that both know the time. */
const skewMs = 60_000;
const mostPages = 20;

interface Wanted {
  readonly key: string;
  readonly nicks: readonly string[];
  readonly text: string;
}

const textOf = (item: IrcMessage | Batch): string => {
  const lines: readonly IrcMessage[] = isBatch(item)
    ? item.items.flatMap((one) => (isBatch(one) ? [] : [one]))
    : [item];
  return lines
    .map(({ params, tags }, at) => {
      const said = params[1] ?? "";
      const text = ctcpIn(said)?.text ?? said;
      return at === 0 || tags["draft/multiline-concat"] !== undefined ? text : `\n${text}`;
    })
    .join("");
};

/** Ours by the key it carries; without one, by who said it and every letter. */
function isIt(item: IrcMessage | Batch, { key, nicks, text }: Wanted): boolean {
  const head = headOf(item);
  const said = isBatch(item) || item.command === "PRIVMSG" || item.command === "NOTICE";
  if (!said || !nicks.includes(head.nick.toLowerCase())) return false;
  const carried = head.tags[tag.key];
  return carried === undefined ? textOf(item) === text : carried === key;
}

/** The names under which an attempt may have spoken. */
function nicksOf({ link, login, shared }: ConnectionContext, { speaker }: Order, client: Client) {
  const separator = client.abilities?.relay?.separator;
  const mark = shared.config.relay_mark;
  const relayed =
    speaker.as === "relay" && separator !== undefined
      ? [relayNick(speaker.name, { separator, mark })]
      : [];
  const { nick } = login.account;
  const own = [client.nick, nick, ...[1, 2].map((times) => nick + "_".repeat(times))];
  return [...own, ...relayed, ...link.formerNicks].map((name) => name.toLowerCase());
}

/**
 * Looks into the server's history whether an attempt arrived. It did not, for sure, only where that
 * history reaches back to before it.
 */
export async function find(
  context: ConnectionContext,
  order: Order,
  attempt: Attempt,
): Promise<Found> {
  const client = context.link.client("It was not looked up");
  const ability = client.abilities?.history;
  if (ability === undefined) return { state: "unknown" };
  const target = targetOf(context, order.chat);
  const wanted: Wanted = {
    key: attempt.key,
    nicks: nicksOf(context, order, client),
    text: wordsOf(order.draft.body),
  };
  const begun = attempt.firstAt - skewMs;
  let bound = "*";
  let found: IrcMessage | undefined;
  for (let page = 0; page < mostPages; page += 1) {
    const verb = bound === "*" ? "LATEST" : "BEFORE";
    const bounds = [bound, String(ability.limit)];
    const batch = await request(client, { verb, target, bounds }, attempt.signal);
    const young = batch.items.filter((item) => timeOf(headOf(item)) >= begun);
    const hit = young.find((item) => isIt(item, wanted));
    if (hit !== undefined) found = headOf(hit);
    const next = boundAt(batch, "first", ability.byId);
    if (young.length < batch.items.length) return result(found, "absent");
    if (next === undefined || next === bound) break;
    bound = next;
  }
  return result(found, "unknown");
}

function result(found: IrcMessage | undefined, otherwise: "absent" | "unknown"): Found {
  const msgid = usableMsgid(found?.tags["msgid"]);
  if (found === undefined || msgid === undefined) return { state: otherwise };
  return { state: "sent", sent: { id: messageBy(msgid), at: timeOf(found) } };
}
