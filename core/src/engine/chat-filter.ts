import { Lru } from "../flow/lru.ts";
import { BridgeError } from "../adapter/index.ts";
import type { ChatRef, LoginId } from "../adapter/index.ts";
import { chatLabel } from "./box.ts";
import type { ChatFilter, LiveNetwork } from "./box.ts";
import { judge } from "./policy.ts";
import type { Works } from "./works.ts";

/** `*` is any text; capitals do not matter. */
const fits = (pattern: string, text: string): boolean => {
  const [first = "", ...more] = pattern.toLowerCase().split("*");
  const said = text.toLowerCase();
  if (more.length === 0) return said === first;
  const last = more.pop() ?? "";
  if (!said.startsWith(first) || !said.endsWith(last)) return false;
  let at = first.length;
  for (const part of more) {
    const found = said.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= said.length - last.length;
};

/** Whether a chat of that id and name may be bridged unasked; what is never bridged counts first. */
export const isWanted = (filter: ChatFilter, names: readonly (string | undefined)[]): boolean => {
  const named = (patterns: readonly string[]): boolean =>
    patterns.some((pattern) => names.some((name) => name !== undefined && fits(pattern, name)));
  if (named(filter.never)) return false;
  return filter.only.length === 0 || named(filter.only);
};

const hasNames = (filter: ChatFilter): boolean => filter.only.length + filter.never.length > 0;

/** What was decided lately, by network and chat, so that a chat that is not wanted costs nothing. */
const decided = new WeakMap<LiveNetwork, Lru<string, boolean>>();

interface Asked {
  readonly chat: ChatRef;
  /** As far as it is known; else the first of those logins that can is asked. */
  readonly name?: string | undefined;
  readonly seenBy: readonly LoginId[];
  readonly signal: AbortSignal;
}

/**
 * Whether a chat is bridged unasked, where the config has lists. One that does not tell its name is
 * left out.
 * @throws BridgeError (transient) when the name cannot be had now; what the adapter throws by mistake.
 */
export const mayBridge = async (
  works: Works,
  live: LiveNetwork,
  { chat, name, seenBy, signal }: Asked,
): Promise<boolean> => {
  const { filter } = live.settings.sync;
  if (!hasNames(filter)) return true;
  const key = JSON.stringify([chat.id, chat.receiver ?? ""]);
  const known = decided.get(live) ?? new Lru<string, boolean>(10_000);
  decided.set(live, known);
  const before = known.get(key);
  if (before !== undefined && name === undefined) return before;
  const told = name === undefined ? await nameOf(works, live, { chat, seenBy, signal }) : { name };
  if (told === undefined) return false;
  const wanted = isWanted(filter, [chat.id, told.name]);
  known.set(key, wanted);
  return wanted;
};

/** Undefined: the chat does not tell its name. */
const nameOf = async (
  { box }: Works,
  live: LiveNetwork,
  { chat, seenBy, signal }: Omit<Asked, "name">,
): Promise<{ readonly name: string | undefined } | undefined> => {
  try {
    const login = seenBy.find((id) => box.connections.can(id, "describe"));
    if (login === undefined) throw nobodyThere(live, chat);
    const { name } = await box.connections.call(login, "describe", chat, signal);
    return { name };
  } catch (error) {
    if (!(error instanceof BridgeError) || isPassing(error)) throw error;
    box.log.info("A chat is not bridged yet: its name could not be had", {
      network: live.settings.id,
      chat: chat.id,
      why: error.message,
    });
    return undefined;
  }
};

const nobodyThere = ({ settings }: LiveNetwork, chat: ChatRef): BridgeError =>
  new BridgeError(
    "network",
    `What ${chatLabel(settings.id, chat)} is called is not known yet, because no login that is in it is connected. It is asked when one is.`,
    { reached: "no", scope: "item" },
  );

/** A login that is refused, and a mistake of ours, say nothing of the chat. */
const isPassing = (error: BridgeError): boolean =>
  judge(error).next === "wait" || error.code === "internal";
