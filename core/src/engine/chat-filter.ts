import { Lru } from "../flow/lru.ts";
import { BridgeError, errorTable } from "../adapter/index.ts";
import type { ChatRef, LoginId } from "../adapter/index.ts";
import type { ChatFilter, LiveNetwork } from "./box.ts";
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

/** How long the first event of a chat waits for its name, in milliseconds. */
const namePatience = 5000;

/** What was decided lately, by network and chat, so that a chat that is not wanted costs nothing. */
const decided = new WeakMap<LiveNetwork, Lru<string, boolean>>();

/**
 * Whether an event of a chat that has no portal yet may make one, where the config has lists. A chat
 * that does not tell its name is left out.
 * @throws BridgeError when the name cannot be had now: the event is not taken, so that it comes again.
 */
export const mayBridge = async (
  { box }: Works,
  live: LiveNetwork,
  { chat, name, seenBy }: { chat: ChatRef; name?: string | undefined; seenBy: readonly LoginId[] },
): Promise<boolean> => {
  const { filter } = live.settings.sync;
  if (!hasNames(filter)) return true;
  const key = JSON.stringify([chat.id, chat.receiver ?? ""]);
  const known = decided.get(live) ?? new Lru<string, boolean>(10_000);
  decided.set(live, known);
  const before = known.get(key);
  if (before !== undefined && name === undefined) return before;
  const login = seenBy.find((id) => box.connections.can(id, "describe"));
  const signal = AbortSignal.any([box.signal, AbortSignal.timeout(namePatience)]);
  try {
    const shown =
      name ??
      (login === undefined
        ? undefined
        : (await box.connections.call(login, "describe", chat, signal)).name);
    const wanted = isWanted(filter, [chat.id, shown]);
    if (name !== undefined || login !== undefined) known.set(key, wanted);
    return wanted;
  } catch (error) {
    if (!(error instanceof BridgeError) || errorTable[error.code].transient) throw error;
    box.log.info("A chat is not bridged yet: its name could not be had", {
      network: live.settings.id,
      chat: chat.id,
      why: error.message,
    });
    return false;
  }
};
