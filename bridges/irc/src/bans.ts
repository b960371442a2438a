import type { Ban, ChatRef } from "@bridgebox/core/adapter";
import { asBridgeError, BridgeError } from "@bridgebox/core/adapter";
import type { IrcMessage } from "irc-framework";
import { targetOf } from "./address.ts";
import { command } from "./api/line.ts";
import { ask } from "./ask.ts";
import type { ConnectionContext } from "./context.ts";
import { isQuery } from "./ids.ts";
import { fits, fitsEverybody, fullMask, wrongMask } from "./mask.ts";
import type { ModeRules } from "./modes.ts";
import { parseModes, rulesFrom } from "./modes.ts";

/** A list of masks that a channel has: by which mode, and by which numerics it is told. */
interface List {
  readonly kind: Ban["kind"];
  readonly letter: string;
  readonly entry: string;
  readonly end: string;
  /** Where the mask stands in an entry. */
  readonly at: number;
}

/** RFC 2811, 4.3; the quiets are those of Solanum and its kin. */
const lists: readonly List[] = [
  { kind: undefined, letter: "b", entry: "367", end: "368", at: 2 },
  { kind: "quiet", letter: "q", entry: "728", end: "729", at: 3 },
  { kind: "exception", letter: "e", entry: "348", end: "349", at: 2 },
  { kind: "invitation", letter: "I", entry: "346", end: "347", at: 2 },
];

/** Servers keep a hundred or a few; what a hostile one tells beyond that is left out. */
const most = 1000;
/** How long a list may take that not everybody is shown. */
const patienceMs = 5000;

/** Where `q` is the rank of an owner, it is no list. */
const isKept = ({ prefixes, kinds: [letters] }: ModeRules, { letter }: List): boolean =>
  letters.includes(letter) && !prefixes.some(({ mode }) => mode === letter);

const refused = (code: "invalid" | "unsupported", sentence: string): BridgeError =>
  new BridgeError(code, sentence, { reached: "no", scope: "item" });

const rulesOf = ({ link }: ConnectionContext): ModeRules =>
  rulesFrom((name) => link.registered?.supports(name));

/** Who set it; a server or services that give no nick are nobody. */
function setterOf({ shared }: ConnectionContext, by: string | undefined): Pick<Ban, "by"> {
  const [nick = ""] = (by ?? "").split("!");
  if (nick === "" || nick.includes(".")) return {};
  const names = shared.names();
  return { by: shared.own.userOf(nick, names) ?? names.user(nick) };
}

function banOf(context: ConnectionContext, { params }: IrcMessage, { kind, at }: List): Ban {
  const [mask = "", by, seconds] = params.slice(at);
  const since = Number(seconds) * 1000;
  return {
    mask,
    on: true,
    ...(kind === undefined ? {} : { kind }),
    ...setterOf(context, by),
    ...(since > 0 ? { at: since } : {}),
  };
}

interface Asked {
  readonly list: List;
  readonly what: string;
  readonly signal: AbortSignal;
}

/** The masks on one list, as the server tells them now. */
async function read(
  context: ConnectionContext,
  chat: ChatRef,
  { list, what, signal }: Asked,
): Promise<readonly Ban[]> {
  if (isQuery(chat)) throw refused("unsupported", `${what} – only channels have lists of masks.`);
  const { fold } = context.shared.names();
  const found: Ban[] = [];
  const done = (message: IrcMessage): boolean => {
    if (fold(message.params[1] ?? "") !== chat.id) return false;
    if (message.command === list.entry && found.length < most)
      found.push(banOf(context, message, list));
    return message.command === list.end;
  };
  const line = command.list(targetOf(context, chat), list.letter);
  await ask(context, { line, what, done }, { about: [chat.id], signal });
  return found;
}

/** Every list that the server keeps and shows to this client. */
export async function bans(
  context: ConnectionContext,
  chat: ChatRef,
  signal: AbortSignal,
): Promise<readonly Ban[]> {
  const what = "The bans were not read";
  const rules = rulesOf(context);
  const found: Ban[] = [];
  for (const list of lists.filter((one) => one.kind === undefined || isKept(rules, one))) {
    if (list.kind === undefined) found.push(...(await read(context, chat, { list, what, signal })));
    else {
      const patience = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
      const more = await read(context, chat, { list, what, signal: patience }).catch(hidden);
      signal.throwIfAborted();
      found.push(...more);
    }
  }
  return found;
}

/** Exceptions are shown to operators only, or not at all. */
const hidden = (thrown: unknown): readonly Ban[] => {
  const { code } = asBridgeError(thrown);
  if (code === "forbidden" || code === "unsupported" || code === "timeout") return [];
  throw thrown;
};

/** A person who wants a mask to stand, or not to. */
export function setBan(
  context: ConnectionContext,
  chat: ChatRef,
  { ban: { mask: typed, on, kind }, signal }: { readonly ban: Ban; readonly signal: AbortSignal },
): Promise<void> {
  const mask = fullMask(typed);
  const shown = mask.replace(/\p{Cc}/gu, "").slice(0, 200);
  const what = on ? `${shown} was not put on the list` : `${shown} was not taken off the list`;
  const wrong = typed === "" ? wrongMask(typed) : wrongMask(mask);
  const keepsOut = on && (kind === undefined || kind === "quiet");
  if (wrong !== undefined) return Promise.reject(refused("invalid", `${what} – ${wrong}`));
  if (keepsOut && fitsEverybody(mask))
    return Promise.reject(
      refused("invalid", `${what} – it fits everybody. Name whom it is to meet.`),
    );
  const { fold } = context.shared.names();
  const own = context.link.registered?.mask;
  if (keepsOut && own !== undefined && fits(fold(mask), fold(own)))
    return Promise.reject(
      refused(
        "invalid",
        `${what} – it fits yourself, and with you whoever else comes from this bridge. Name the nick in it too.`,
      ),
    );
  return setMask(context, chat, { mask, on, kind, what, signal });
}

interface Wanted {
  readonly mask: string;
  readonly on: boolean;
  readonly kind?: Ban["kind"];
  readonly what: string;
  readonly signal: AbortSignal;
}

/**
 * Servers say nothing to a mask that stands already, or to one taken off that does not: the list is looked
 * at before, and asked for behind the change, so that its end is an answer in any case.
 */
export async function setMask(
  context: ConnectionContext,
  chat: ChatRef,
  { mask, on, kind, what, signal }: Wanted,
): Promise<void> {
  const { fold } = context.shared.names();
  const rules = rulesOf(context);
  const list = lists.find((one) => one.kind === kind);
  if (list === undefined || (kind !== undefined && !isKept(rules, list)))
    throw refused(
      "unsupported",
      `${what} – this server keeps no such list. Ban the mask instead, if that is what you want.`,
    );
  const isIt = (ban: Ban): boolean => fold(ban.mask) === fold(mask);
  const before = await read(context, chat, { list, what, signal });
  if (before.some(isIt) === on) return;
  let isMade = false;
  const done = (message: IrcMessage): boolean => {
    const { command: verb, params } = message;
    if (verb === "MODE" && fold(params[0] ?? "") === chat.id)
      isMade ||= parseModes(params[1] ?? "", params.slice(2), rules).some(
        (change) =>
          change.mode === list.letter &&
          change.on === on &&
          (isOurs(context, message) || fold(change.param ?? "") === fold(mask)),
      );
    return isMade || (verb === list.end && fold(params[1] ?? "") === chat.id);
  };
  const target = targetOf(context, chat);
  const line = command.mode(target, { on, mode: list.letter }, mask);
  const answer = ask(context, { line, what, done }, { about: [chat.id, mask], signal });
  context.link.registered?.submit(0, command.list(target, list.letter));
  await answer;
  if (!isMade)
    throw refused(
      "unsupported",
      `${what} – the IRC server made nothing of it. Check the mask: it is nick!user@host, with stars for what may be anything.`,
    );
}

/** Of our own change it does not matter what the server made of the mask. */
const isOurs = ({ link, shared }: ConnectionContext, { nick }: IrcMessage): boolean =>
  shared.names().fold(nick) === shared.names().fold(link.registered?.nick ?? "");
