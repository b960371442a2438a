import { asBridgeError, BridgeError } from "@bridgebox/core/adapter";
import type { GapEvent, RemoteEvent } from "@bridgebox/core/adapter";
import { messagesIn, nextOf } from "./api/answers.ts";
import type { SlackMessage } from "./api/message.ts";
import { only, type Wire } from "./api/shapes.ts";
import { patient } from "./api/patient.ts";
import type { Api, Call } from "./api/web.ts";
import { isRefusal } from "./errors.ts";
import { chatRef, messageOf, timeOf } from "./ids.ts";
import { orLeftOut } from "./left-out.ts";
import { huddleEvent, isNews, messageEvent, reactionsOf } from "./message.ts";
import type { View } from "./message.ts";

interface Missed {
  readonly api: Api;
  readonly view: View;
  readonly channel: string;
  /** The newest message that is known. */
  readonly after: string;
  readonly signal: AbortSignal;
}

const notFetched = "What was missed was not fetched";
const pageSize = 200;
/** More than this in one conversation, and as much in all its threads, is not held in memory: the rest is a gap. */
const mostPages = 100;

export interface Found {
  readonly events: readonly RemoteEvent[];
  /** Of the messages among them. */
  readonly oldest: string | undefined;
  readonly newest: string | undefined;
  /** There is more, for which a gap stands. */
  readonly partial: boolean;
}

/**
 * What was said in a conversation while nobody listened, oldest first, with answers in threads that are
 * near. Nothing where the account may not read there; a gap where Slack refused a part of it.
 */
export const missedIn = async (missed: Missed): Promise<Found | undefined> => {
  const { api, view, channel, after, signal } = missed;
  const call = patient(api.call);
  const found = new Map<string, SlackMessage>();
  const reached = await readBack(call, missed, found);
  if (reached === undefined) return undefined;
  const events: RemoteEvent[] = [];
  if (!reached.whole) events.push(gapEvent(missed, reached.oldest));
  const budget = { pages: mostPages };
  for (const root of found.values()) {
    if (root.latestReply === undefined || root.latestReply <= after) continue;
    const whole = await readThread(call, { ...missed, root: root.ts, budget }, found);
    if (!whole) events.push(threadGap(missed, root.latestReply));
    if (whole || budget.pages > 0) continue;
    tooMuch(missed);
    break;
  }
  const messages = [...found.values()]
    .filter(({ ts, subtype, huddle }) => ts > after && (huddle !== undefined || !isNews(subtype)))
    .toSorted((a, b) => (a.ts < b.ts ? -1 : 1));
  for (const message of messages) {
    const read = () => eventsIn(message, missed);
    const of = { channel, ts: message.ts };
    events.push(...(await orLeftOut({ log: view.log, of, signals: [signal], read })));
  }
  const [oldest, newest] = [messages[0]?.ts, messages.at(-1)?.ts];
  return { events, oldest, newest, partial: !reached.whole };
};

/** For what of a conversation cannot be fetched though it is asked for again and again. */
export const unfetched = (missed: Missed, why: BridgeError): Found => {
  notWhole(missed, why.message);
  const events = [gapEvent(missed, undefined)];
  return { events, oldest: undefined, newest: undefined, partial: true };
};

const eventsIn = async (
  message: SlackMessage,
  { view, channel }: Missed,
): Promise<readonly RemoteEvent[]> => {
  const call = huddleEvent(message, channel, view);
  if (call !== undefined) return [call];
  const said = await messageEvent(message, channel, view);
  const reactions = await reactionsOf(message, chatRef(channel, view.login), view);
  return [...(said ? [said] : []), ...(reactions ? [reactions] : [])];
};

/**
 * From what is known up to the oldest message that was fetched. Without `from`, so that it is read back
 * from there: Slack lists from the newest on, and no page has to wait for all.
 */
const gapEvent = (
  { api, view, channel, after }: Missed,
  oldest: string | undefined,
): RemoteEvent => ({
  kind: "gap",
  chat: chatRef(channel, view.login),
  ...(oldest === undefined ? { at: api.now() } : { at: timeOf(oldest), to: messageOf(oldest) }),
  since: timeOf(after),
  healable: true,
});

/**
 * What was said before these messages, or before then where there are none, may have been changed or
 * deleted since.
 */
export const changesEvent = (
  { view, channel }: Pick<Missed, "view" | "channel">,
  {
    since,
    oldest,
    now,
  }: { readonly since: string; readonly oldest?: string | undefined; readonly now: string },
): GapEvent => ({
  kind: "gap",
  chat: chatRef(channel, view.login),
  since: timeOf(since),
  at: timeOf(oldest ?? now),
  ...(oldest === undefined ? {} : { to: messageOf(oldest) }),
  healable: true,
  only: "changes",
});

/** The history that the core reads holds no answers. */
const threadGap = ({ view, channel, after }: Missed, latest: string): RemoteEvent => ({
  kind: "gap",
  chat: chatRef(channel, view.login),
  at: timeOf(latest),
  since: timeOf(after),
  healable: false,
});

/** From the newest back to what is known; the page on which that stands is kept whole. */
const readBack = async (
  call: Call,
  missed: Missed,
  found: Map<string, SlackMessage>,
): Promise<{ readonly whole: boolean; readonly oldest: string | undefined } | undefined> => {
  const { channel, after, signal } = missed;
  const nextAfter = nextIn(missed);
  let cursor: string | undefined;
  let oldest: string | undefined;
  for (let pages = 0; pages < mostPages; pages += 1) {
    const args = { channel, limit: pageSize, ...only("cursor", cursor) };
    const asked = call("conversations.history", args, { what: notFetched, signal });
    const answer = await asked.catch(refusalOf);
    if (answer instanceof BridgeError)
      return pages === 0 && isNotThere(answer) ? undefined : { whole: false, oldest };
    for (const message of messagesIn(answer, notFetched)) {
      found.set(message.ts, message);
      if (oldest === undefined || message.ts < oldest) oldest = message.ts;
    }
    const next = nextAfter(answer);
    if (next === undefined || (oldest ?? "") <= after) return { whole: true, oldest };
    if (next === endless) return { whole: false, oldest };
    cursor = next;
  }
  tooMuch(missed);
  return { whole: false, oldest };
};

const endless = Symbol("pages that lead back to one another");

/** Where the next page begins. What leads back has no end that could be waited for, now or later. */
const nextIn = (missed: Missed): ((answer: Wire) => string | typeof endless | undefined) => {
  const nextAfter = nextOf(notFetched);
  return (answer) => {
    try {
      return nextAfter(answer);
    } catch (error) {
      notWhole(missed, asBridgeError(error).message);
      return endless;
    }
  };
};

const tooMuch = (missed: Missed): void =>
  notWhole(missed, `there were more than ${mostPages} pages of it`);

const notWhole = ({ view, channel }: Missed, why: string): void =>
  view.log.warn("Not all that was missed in a conversation was fetched", { chat: channel, why });

/** What Slack refuses it will refuse again; all else is asked for anew, from the beginning. */
const refusalOf = (error: unknown): BridgeError => {
  if (error instanceof BridgeError && isRefusal(error)) return error;
  throw error;
};

/** It is gone, or the account is not in it any more, or never was: nothing was missed there. */
const isNotThere = ({ code }: BridgeError): boolean => code === "not_found" || code === "forbidden";

/** False where not all of it could be read. */
const readThread = async (
  call: Call,
  thread: Missed & { readonly root: string; readonly budget: { pages: number } },
  found: Map<string, SlackMessage>,
): Promise<boolean> => {
  const { channel, after, root, signal, budget } = thread;
  const nextAfter = nextIn(thread);
  let cursor: string | undefined;
  while (budget.pages > 0) {
    budget.pages -= 1;
    const args = { channel, ts: root, oldest: after, limit: pageSize, ...only("cursor", cursor) };
    const asked = call("conversations.replies", args, { what: notFetched, signal });
    const answer = await asked.catch(refusalOf);
    if (answer instanceof BridgeError) return cursor === undefined && isNotThere(answer);
    for (const message of messagesIn(answer, notFetched))
      if (!found.has(message.ts)) found.set(message.ts, message);
    const next = nextAfter(answer);
    if (next === undefined) return true;
    if (next === endless) return false;
    cursor = next;
  }
  return false;
};
