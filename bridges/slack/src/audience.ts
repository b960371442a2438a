import { BridgeError } from "@bridgebox/core/adapter";
import { patient } from "./api/patient.ts";
import { asObject, objectIn, objectsIn, textIn, type Wire } from "./api/shapes.ts";
import type { Api } from "./api/web.ts";
import { isLoginOver, isRefusal } from "./errors.ts";
import type { Listener } from "./listener.ts";
import { pagesOf } from "./pages.ts";

/** Everybody to whom Slack shows an event, by its context: ids of accounts. */
export type AskSlack = (context: string, signal: AbortSignal) => Promise<readonly string[]>;

/** How long it is believed who sees a conversation, in milliseconds. */
const believed = 10 * 60_000;
const remembered = 5000;
const notLookedUp = "It was not looked up who sees an event";

interface Known {
  readonly at: number;
  readonly users: ReadonlySet<string>;
}

/**
 * Whom an app's event is for: Slack sends it once for all who see it, and names one of them
 * (docs.slack.dev/apis/events-api, "Authorizations"). The others are asked for: of Slack, where it
 * answers that to the app, or else by each login whether it is in that conversation.
 */
export class Audience {
  readonly #ask: AskSlack | undefined;
  #known = new Map<string, Known>();

  constructor(ask?: AskSlack) {
    this.#ask = ask;
  }

  /** Those of them who see it. @throws BridgeError where that cannot be known now. */
  async of(
    { payload, channel }: { readonly payload: Wire; readonly channel: string | undefined },
    listeners: readonly Listener[],
    signal: AbortSignal,
  ): Promise<readonly Listener[]> {
    // What belongs to no conversation is about the workspace, or about a person as all know them.
    if (channel === undefined) return listeners;
    const named = namedIn(payload);
    if (listeners.every(({ user }) => named.includes(user))) return listeners;
    const changes = isAboutMembers(payload);
    if (changes) this.#known.delete(channel);
    const users = await this.#seeing({ payload, channel, named }, listeners, signal);
    if (changes) this.#known.delete(channel);
    return listeners.filter(({ user }) => named.includes(user) || users.has(user));
  }

  /** Somebody is new: nothing is known of them. */
  forget(): void {
    this.#known = new Map();
  }

  /** All who see it: the next event of the conversation may name another one of them. */
  async #seeing(
    {
      payload,
      channel,
      named,
    }: { readonly payload: Wire; readonly channel: string; readonly named: readonly string[] },
    listeners: readonly Listener[],
    signal: AbortSignal,
  ): Promise<ReadonlySet<string>> {
    const known = this.#known;
    const before = known.get(channel);
    if (before !== undefined && Date.now() - before.at < believed) return before.users;
    const at = Date.now();
    const told = await this.#toldBySlack(payload, signal);
    const others = listeners.filter(({ user }) => !named.includes(user));
    const users = new Set([...named, ...(told ?? (await membersOf(channel, others, signal)))]);
    known.delete(channel);
    known.set(channel, { at, users });
    const [oldest] = known.keys();
    if (known.size > remembered && oldest !== undefined) known.delete(oldest);
    return users;
  }

  async #toldBySlack(payload: Wire, signal: AbortSignal): Promise<ReadonlySet<string> | undefined> {
    const context = textIn(payload, "event_context");
    if (this.#ask === undefined || context === undefined) return undefined;
    try {
      return new Set(await this.#ask(context, signal));
    } catch (thrown) {
      if (isRefusal(thrown)) return undefined;
      throw thrown;
    }
  }
}

/** Who has left sees nothing more of it, and to them it means the most: theirs is the first view. */
export const withLeaver = (
  event: Wire,
  { seeing, all }: { readonly seeing: readonly Listener[]; readonly all: readonly Listener[] },
): readonly Listener[] => {
  if (event["type"] !== "member_left_channel") return seeing;
  const leaver = all.find(({ user }) => user === textIn(event, "user"));
  return leaver === undefined ? seeing : [leaver, ...seeing.filter((each) => each !== leaver)];
};

/** Whom an event names. */
export const namedIn = (payload: Wire): readonly string[] =>
  objectsIn(payload, "authorizations").flatMap((each) => textIn(each, "user_id") ?? []);

/** Asks with the app's own token (docs.slack.dev/reference/methods/apps.event.authorizations.list). */
export const askWith =
  ({ call }: Api): AskSlack =>
  async (context, signal) => {
    const method = "apps.event.authorizations.list";
    const list = { method, args: { event_context: context, limit: 200 }, key: "authorizations" };
    const users: string[] = [];
    for await (const page of pagesOf(patient(call), list, { what: notLookedUp, signal }))
      users.push(...page.flatMap((each) => textIn(asObject(each), "user_id") ?? []));
    return users;
  };

const isAboutMembers = (payload: Wire): boolean => {
  const type = textIn(objectIn(payload, "event"), "type") ?? "";
  return /^member_(?:joined|left)_channel$|_left$|^group_|_shared$/.test(type);
};

const membersOf = async (
  channel: string,
  listeners: readonly Listener[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> => {
  const inside = await Promise.all(
    listeners.map(async (each) => ((await isIn(channel, each, signal)) ? [each.user] : [])),
  );
  return new Set(inside.flat());
};

const isIn = async (
  channel: string,
  { api, signal: listening }: Listener,
  signal: AbortSignal,
): Promise<boolean> => {
  const asking = { what: notLookedUp, signal: AbortSignal.any([signal, listening]) };
  try {
    const answer = await patient(api.call)("conversations.info", { channel }, asking);
    const info = objectIn(answer, "channel");
    return info !== undefined && info["is_member"] !== false;
  } catch (thrown) {
    const over = thrown instanceof BridgeError && isLoginOver(thrown);
    if (over || isRefusal(thrown) || listening.aborted) return false;
    throw thrown;
  }
};
