import type { Attempt, Order, Sent } from "@bridgebox/core/adapter";
import { messageId } from "@bridgebox/core/adapter";
import type { IrcMessage } from "irc-framework";
import { targetOf } from "./address.ts";
import type { Batch } from "./api/batches.ts";
import { isBatch } from "./api/batches.ts";
import type { Client } from "./api/client.ts";
import type { ConnectionContext } from "./context.ts";
import { rowKey, saidBy } from "./crumbs.ts";
import { ctcpIn } from "./ctcp.ts";
import { tag } from "./features.ts";
import { stripCodes } from "./format.ts";
import { boundAt, request } from "./history.ts";
import { audienceOf, isQuery, messageBy, usableMsgid } from "./ids.ts";
import { headOf, stampOf, timeOf } from "./message.ts";
import { bodyWritten } from "./paste.ts";
import { relayNick } from "./relay-name.ts";
import { joined, wordingOf } from "./wording.ts";

/** What the server's memory says of an attempt. */
export interface Looked {
  readonly whole: Sent | undefined;
  /** The first lines of it, where it went out line by line. */
  readonly rows: readonly Sent[];
  /** There is no more of it than that, for sure. */
  readonly sure: boolean;
}

/** What the measure of the server's clock may be wrong by: a line takes a while to come. */
const lagMs = 2_000;
/** Beyond that a clock would have to be set in between. */
const skewMs = 60_000;
const mostPages = 20;

type Verdict = "ours" | "maybe" | "not";

interface Wanted {
  readonly key: string;
  readonly texts: readonly string[];
}

interface Candidate {
  readonly head: IrcMessage;
  readonly whole: Verdict;
  readonly rows: readonly Verdict[];
}

const textOf = (item: IrcMessage | Batch): string => {
  const lines: readonly IrcMessage[] = isBatch(item)
    ? item.items.flatMap((one) => (isBatch(one) ? [] : [one]))
    : [item];
  return joined(
    lines.map(({ params, tags }) => {
      const said = params[1] ?? "";
      const text = ctcpIn(said)?.text ?? said;
      return { text, joined: tags["draft/multiline-concat"] !== undefined };
    }),
  );
};

/** `since`: when the attempt began, by the server's clock, if that is known. */
function judge(
  item: IrcMessage | Batch,
  { key, texts }: Wanted,
  since: number | undefined,
): Verdict {
  const head = headOf(item);
  const carried = head.tags[tag.key];
  if (carried !== undefined) return carried === key ? "ours" : "not";
  const text = textOf(item);
  const exact = texts.includes(text);
  // A channel may take formatting out of what is said in it.
  if (!exact && !texts.some((one) => stripCodes(one) === stripCodes(text))) return "not";
  const at = stampOf(head);
  if (at === undefined || since === undefined) return "maybe";
  if (at >= since - lagMs) return exact ? "ours" : "maybe";
  return at >= since - skewMs ? "maybe" : "not";
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

/** What is looked for: the whole, and each line by itself; a relayed one in either dress. */
function wantedOf({ draft, speaker }: Order, attempt: Attempt) {
  const { key } = attempt;
  const body = bodyWritten(draft, attempt);
  const dresses = [true, false].map((relays) => wordingOf(body, speaker, relays).rows);
  const whole: Wanted = { key, texts: dresses.map(joined) };
  const single = body.rows.length === 1;
  const rows: readonly Wanted[] = single
    ? []
    : body.rows.map((_, at) => ({
        key: rowKey(key, at),
        texts: dresses.map((dressed) => dressed[at]?.text ?? ""),
      }));
  return { whole, rows };
}

const sentOf = (head: IrcMessage, key: string): Sent => {
  const msgid = usableMsgid(head.tags["msgid"]);
  return { id: msgid === undefined ? messageId(key) : messageBy(msgid), at: timeOf(head) };
};

/** The lines that are there, from the first on: they were said in order. */
function leading(
  candidates: readonly Candidate[],
  rows: readonly Wanted[],
  noted: readonly Sent[],
): readonly Sent[] {
  const found: Sent[] = [];
  let next = 0;
  for (const [at, { key }] of rows.entries()) {
    const hit = candidates.findIndex(({ rows: of }, place) => place >= next && of[at] === "ours");
    const head = candidates[hit]?.head;
    const sent = noted[at] ?? (head && sentOf(head, key));
    if (sent === undefined) break;
    found.push(sent);
    if (hit !== -1) next = hit + 1;
  }
  return found;
}

/**
 * Looks into the server's history for what arrived of an attempt; nothing where there is no history.
 * @throws BridgeError what the server says against it.
 */
export async function look(
  context: ConnectionContext,
  order: Order,
  attempt: Attempt,
): Promise<Looked | undefined> {
  const client = context.link.client("It was not looked up");
  const ability = client.abilities?.history;
  const isPart = isQuery(order.chat) && audienceOf(order.chat.id) !== undefined;
  if (ability === undefined || isPart) return undefined;
  const target = targetOf(context, order.chat);
  const wanted = wantedOf(order, attempt);
  const nicks = nicksOf(context, order, client);
  const candidates: Candidate[] = [];
  let bound = "*";
  let reached = false;
  for (let page = 0; page < mostPages && !reached; page += 1) {
    const verb = bound === "*" ? "LATEST" : "BEFORE";
    const bounds = [bound, String(ability.limit)];
    const batch = await request(client, { verb, target, bounds }, attempt.signal);
    const since = client.ahead === undefined ? undefined : attempt.firstAt + client.ahead;
    const read = batch.items.flatMap((item) => candidateOf(item, { ...wanted, nicks, since }));
    candidates.unshift(...read);
    reached = since !== undefined && batch.items.some((item) => isOlder(item, since));
    const next = boundAt(batch, "first", ability.byId);
    if (next === undefined || next === bound) break;
    bound = next;
  }
  const whole = candidates.find((one) => one.whole === "ours");
  const rows = leading(candidates, wanted.rows, saidBy(attempt.notes));
  const doubts = candidates.some(
    (one) => one.whole === "maybe" || one.rows[rows.length] === "maybe",
  );
  return { whole: whole && sentOf(whole.head, attempt.key), rows, sure: reached && !doubts };
}

const isOlder = (item: IrcMessage | Batch, since: number): boolean =>
  (stampOf(headOf(item)) ?? since) < since - skewMs;

function candidateOf(
  item: IrcMessage | Batch,
  {
    whole,
    rows,
    nicks,
    since,
  }: {
    readonly whole: Wanted;
    readonly rows: readonly Wanted[];
    readonly nicks: readonly string[];
    readonly since: number | undefined;
  },
): readonly Candidate[] {
  const head = headOf(item);
  const said = isBatch(item) || item.command === "PRIVMSG" || item.command === "NOTICE";
  if (!said) return [];
  // Under whatever name: services may have renamed the client before it died.
  const carried = head.tags[tag.key];
  const isKeyed = carried !== undefined && [whole, ...rows].some(({ key }) => key === carried);
  if (!isKeyed && !nicks.includes(head.nick.toLowerCase())) return [];
  const judged: Candidate = {
    head,
    whole: judge(item, whole, since),
    rows: rows.map((row) => judge(item, row, since)),
  };
  return [judged.whole, ...judged.rows].every((verdict) => verdict === "not") ? [] : [judged];
}
