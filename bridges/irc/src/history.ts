import type {
  ChatRef,
  HistoryPage,
  HistoryQuery,
  LogEvent,
  StateEvent,
} from "@bridgebox/core/adapter";
import { BridgeError } from "@bridgebox/core/adapter";
import { randomUUID } from "node:crypto";
import type { IrcMessage } from "irc-framework";
import type { Batch } from "./api/batches.ts";
import { isBatch } from "./api/batches.ts";
import type { Client } from "./api/client.ts";
import type { HistoryVerb } from "./api/line.ts";
import { command } from "./api/line.ts";
import { audienceOf, msgidOf, usableMsgid } from "./ids.ts";
import { deletionOf, headOf, messageOf, reactionOf, timeOf } from "./message.ts";
import type { Reading } from "./reading.ts";

const what = "The history was not read";

/** One message or change of the past, with what it was read from. */
export interface Past {
  readonly event: LogEvent | StateEvent;
  readonly head: IrcMessage;
}

/** A line of the past as an event. Who came and went then is of no interest now. */
function pastOf(reading: Reading, place: ChatRef, item: IrcMessage | Batch): Past | undefined {
  const head = headOf(item);
  if (head.nick === "" || head.nick.includes(".")) return undefined;
  // Where a server or a bouncer remembers what was said to operators only, it is not for everybody.
  const target = (isBatch(item) ? item : head).params[0] ?? "";
  if (audienceOf(target) !== undefined && reading.names.fold(target) !== place.id) return undefined;
  const event = eventOf(reading, place, item);
  return event && { event, head };
}

function eventOf(reading: Reading, place: ChatRef, item: IrcMessage | Batch) {
  if (isBatch(item)) {
    return item.type === "draft/multiline" ? messageOf(reading, place, item) : undefined;
  }
  switch (item.command) {
    case "PRIVMSG":
    case "NOTICE":
      return messageOf(reading, place, item);
    case "TAGMSG":
      return reactionOf(reading, place, item);
    case "REDACT":
      return deletionOf(reading, place, item);
    default:
      return undefined;
  }
}

/** What a batch of history holds, oldest first. A message without an id could not be told from another. */
export const pastsOf = (reading: Reading, place: ChatRef, { items }: Batch): readonly Past[] =>
  items.flatMap((item) => {
    const past = pastOf(reading, place, item);
    if (past === undefined) return [];
    const known = past.event.kind !== "message" || msgidOf(past.event.id) !== undefined;
    return known ? [past] : [];
  });

/** The time of the first line of any kind: how far back the server's memory reached. */
export const reachOf = ({ items: [first] }: Batch): number | undefined =>
  first === undefined ? undefined : timeOf(headOf(first));

/** Where the next request goes on: the id of the line at that end, or its time. */
export function boundAt(batch: Batch, end: "first" | "last", byId: boolean): string | undefined {
  const item = end === "first" ? batch.items[0] : batch.items.at(-1);
  if (item === undefined) return undefined;
  const head = headOf(item);
  const msgid = byId ? usableMsgid(head.tags["msgid"]) : undefined;
  return msgid === undefined ? timestamp(timeOf(head)) : `msgid=${msgid}`;
}

export const timestamp = (at: number): string => `timestamp=${new Date(at).toISOString()}`;

interface Request {
  readonly verb: HistoryVerb;
  readonly target: string;
  readonly bounds: readonly string[];
}

/**
 * One request for history.
 * @throws BridgeError what the server says against it; `timeout` when the signal aborts.
 */
export async function request(
  client: Client,
  { verb, target, bounds }: Request,
  signal: AbortSignal,
): Promise<Batch> {
  return asked(client, { line: command.chathistory(verb, target, bounds), target }, signal);
}

/** Pages of people who wrote. */
const mostPages = 50;

/** With whom this login spoke in that time; `whole`: there are no others. */
export async function partners(
  client: Client,
  { from, to }: { readonly from: number; readonly to: number },
  signal: AbortSignal,
): Promise<{ readonly names: readonly string[]; readonly whole: boolean }> {
  const names = new Set<string>();
  let start = from;
  for (let page = 0; page < mostPages; page += 1) {
    const limit = client.abilities?.history?.limit ?? 50;
    const line = command.historyTargets(timestamp(start), timestamp(to), limit);
    const { items } = await asked(client, { line, target: "*" }, signal);
    const before = names.size;
    let last = start;
    for (const item of items) {
      if (isBatch(item) || item.command !== "CHATHISTORY") continue;
      const [, name = "", at = ""] = item.params;
      if (name !== "") names.add(name);
      last = Math.max(last, Date.parse(at) || 0);
    }
    if (items.length < limit || last === start) return { names: [...names], whole: true };
    // The bounds are outside of what is given: who wrote in the same moment is asked for again.
    start = names.size > before ? last - 1 : last;
  }
  return { names: [...names], whole: false };
}

async function asked(
  client: Client,
  { line, target }: { line: ReturnType<typeof command.chathistory>; target: string },
  signal: AbortSignal,
): Promise<Batch> {
  const key = `h${randomUUID().replaceAll("-", "")}`;
  // Without labels the answer is known by its kind and target.
  const unlabelled =
    client.abilities?.labels === true ? undefined : client.nextBatch(target, signal);
  unlabelled?.catch(() => undefined);
  const said = await client.say({
    lines: [line],
    lane: "history",
    target,
    key,
    signal,
    what,
    rank: 2,
  });
  const batch = said.batch ?? (await unlabelled);
  if (batch !== undefined) return batch;
  throw new BridgeError("network", `${what} – the IRC server gave none. Try again later.`, {
    reached: "no",
    scope: "item",
  });
}

const none: HistoryPage = { events: [], states: [], unlisted: "unknown" };

/**
 * A page of a chat's past. What is not in it need not be deleted: it may have had no id, or been said while
 * the channel kept no history, or on another server of a network that was split.
 */
export async function pageOf(
  { client, reading, target }: { client: Client; reading: Reading; target: string },
  { chat, direction, from, page, limit }: HistoryQuery,
  signal: AbortSignal,
): Promise<HistoryPage> {
  const ability = client.abilities?.history;
  if (ability === undefined) return none;
  const msgid = from === undefined ? undefined : msgidOf(from);
  const start = page ?? (msgid !== undefined && ability.byId ? `msgid=${msgid}` : undefined);
  if (start === undefined && direction === "newer") return none;
  const older = start === undefined ? "LATEST" : "BEFORE";
  const verb = direction === "older" ? older : "AFTER";
  const count = String(Math.max(1, Math.min(limit, ability.limit)));
  const batch = await request(client, { verb, target, bounds: [start ?? "*", count] }, signal);
  const events: LogEvent[] = [];
  const states: StateEvent[] = [];
  for (const { event } of pastsOf(reading, chat, batch)) {
    if (event.kind === "reactions") states.push(event);
    else if (event.kind === "message" || event.kind === "delete") events.push(event);
  }
  const next = boundAt(batch, direction === "older" ? "first" : "last", ability.byId);
  return {
    events,
    states,
    ...(next === undefined ? {} : { page: next }),
    unlisted: "unknown",
  };
}
