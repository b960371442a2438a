import { BridgeError } from "@bridgebox/core/adapter";

declare const brand: unique symbol;

/** One line without its end, checked: the only thing that a socket writes. Made in this file alone. */
export type Line = string & { readonly [brand]: "line" };

/** Bytes of a line with its CR LF (RFC 2812, 2.3); the tags of a client have their own 4096. */
export const lineBytes = 512;

const breaks = /[\r\n\0]/;

const refuse = (field: string, why: string): BridgeError =>
  new BridgeError("invalid", `Nothing was sent to IRC: ${field} ${why}. Leave that out.`, {
    reached: "no",
    scope: "item",
  });

/** A parameter that others may follow. Space, comma and a leading colon would shift them. */
export function checkMiddle(field: string, value: string): string {
  if (value === "") throw refuse(field, "is empty");
  if (breaks.test(value)) throw refuse(field, "has a line break or NUL in it");
  if (value.includes(" ")) throw refuse(field, "has a space in it");
  if (value.includes(",")) throw refuse(field, "has a comma in it");
  if (value.startsWith(":")) throw refuse(field, "begins with a colon");
  return value;
}

/** The last parameter, which may be any text on one line. */
export function checkLast(field: string, value: string): string {
  if (breaks.test(value)) throw refuse(field, "has a line break or NUL in it");
  return value;
}

function sized(text: string): Line {
  if (Buffer.byteLength(text) > lineBytes - 2) {
    throw new BridgeError(
      "too_large",
      "Nothing was sent to IRC: one line takes 510 bytes and this is longer. Make it shorter.",
      { reached: "no", scope: "item" },
    );
  }
  return text as Line;
}

const build = (verb: string, middles: readonly string[], last?: string): Line =>
  sized([verb, ...middles, ...(last === undefined ? [] : [`:${last}`])].join(" "));

function speak(verb: "PRIVMSG" | "NOTICE", target: string, text: string): Line {
  if (text === "") throw refuse("the text", "is empty");
  if (text.includes("\x01")) throw refuse("the text", "has a CTCP mark in it");
  return build(verb, [checkMiddle("the target", target)], checkLast("the text", text));
}

/** `/me`: CTCP ACTION, the only CTCP a person may send. */
function action(target: string, text: string): Line {
  if (text.includes("\x01")) throw refuse("the text", "has a CTCP mark in it");
  const last = `\x01ACTION ${checkLast("the text", text)}\x01`;
  return build("PRIVMSG", [checkMiddle("the target", target)], last);
}

interface Webirc {
  readonly password: string;
  readonly address: string;
  /** Whether the connection is encrypted. */
  readonly secure: boolean;
}

const withReason = (
  verb: string,
  middles: readonly (readonly [string, string])[],
  reason?: string,
): Line =>
  build(
    verb,
    middles.map(([field, value]) => checkMiddle(field, value)),
    reason === undefined || reason === "" ? undefined : checkLast("the reason", reason),
  );

/** Every command this adapter knows. */
export const command = {
  privmsg: (target: string, text: string): Line => speak("PRIVMSG", target, text),
  notice: (target: string, text: string): Line => speak("NOTICE", target, text),
  action,
  ctcpReply: (nick: string, verb: "VERSION" | "PING" | "TIME", text: string): Line =>
    build(
      "NOTICE",
      [checkMiddle("the nick", nick)],
      `\x01${verb} ${checkLast("the reply", text).replaceAll("\x01", "")}\x01`,
    ),
  /** Several channels at once spare flood tokens; each name is checked by itself. The first ones have those keys. */
  join: (channels: readonly string[], keys: readonly string[] = []): Line =>
    build("JOIN", [
      channels.map((name) => checkMiddle("the channel", name)).join(","),
      ...(keys.length === 0 ? [] : [keys.map((key) => checkMiddle("the key", key)).join(",")]),
    ]),
  part: (channel: string, reason?: string): Line =>
    withReason("PART", [["the channel", channel]], reason),
  invite: (nick: string, channel: string): Line =>
    build("INVITE", [checkMiddle("the nick", nick), checkMiddle("the channel", channel)]),
  kick: (channel: string, nick: string, reason?: string): Line =>
    withReason(
      "KICK",
      [
        ["the channel", channel],
        ["the nick", nick],
      ],
      reason,
    ),
  topic: (channel: string, text: string): Line =>
    build("TOPIC", [checkMiddle("the channel", channel)], checkLast("the topic", text)),
  modes: (channel: string): Line => build("MODE", [checkMiddle("the channel", channel)]),
  /** The masks on the list of that mode. */
  list: (channel: string, mode: string): Line =>
    build("MODE", [checkMiddle("the channel", channel), checkMiddle("the mode", `+${mode}`)]),
  mode: (channel: string, { on, mode }: { on: boolean; mode: string }, nick: string): Line =>
    build("MODE", [
      checkMiddle("the channel", channel),
      checkMiddle("the mode", `${on ? "+" : "-"}${mode}`),
      checkMiddle("the nick", nick),
    ]),
  /** All channels that the server shows, or those that a condition picks (ISUPPORT ELIST). */
  channels: (condition?: string): Line =>
    build("LIST", condition === undefined ? [] : [checkMiddle("the condition", condition)]),
  lusers: (): Line => build("LUSERS", []),
  nick: (nick: string): Line => build("NICK", [checkMiddle("the nick", nick)]),
  whois: (nick: string): Line => build("WHOIS", [checkMiddle("the nick", nick)]),
  ping: (token: string): Line => build("PING", [checkMiddle("the token", token)]),
  /** A piece of base64, or +: nothing (IRCv3 sasl-3.1). */
  authenticate: (piece: string): Line => build("AUTHENTICATE", [checkMiddle("the piece", piece)]),
  pong: (token: string): Line => build("PONG", [], checkLast("the token", token)),
  /** A whole command as the config has it. */
  written: (text: string): Line => sized(checkLast("a line of at_connect", text)),
  quit: (reason: string): Line => build("QUIT", [], checkLast("the reason", reason)),
  /** Before anything else (IRCv3 webirc); an address must not begin with a colon, and is its own host name. */
  webirc: ({ password, address, secure }: Webirc): Line => {
    const host = checkMiddle("the address", address.replace(/^:/, "0:"));
    const known = [checkMiddle("the WEBIRC password", password), "bridgebox", host, host];
    return build("WEBIRC", known, secure ? "secure" : undefined);
  },
  /** What it says stands in its tags (IRCv3 message-tags). */
  tagmsg: (target: string): Line => build("TAGMSG", [checkMiddle("the target", target)]),
  /** No text: not away any more. */
  away: (text?: string): Line =>
    build("AWAY", [], text === undefined ? undefined : checkLast("the away text", text)),
  /** One line under another's name (Ergo's RELAYMSG). */
  relaymsg: (channel: string, nick: string, text: string): Line => {
    if (text.includes("\x01")) throw refuse("the text", "has a CTCP mark in it");
    const middles = [checkMiddle("the channel", channel), checkMiddle("the name", nick)];
    return build("RELAYMSG", middles, checkLast("the text", text));
  },
  /** Deletes a message (IRCv3 draft/message-redaction). */
  redact: (target: string, msgid: string): Line =>
    build("REDACT", [checkMiddle("the target", target), checkMiddle("the message's id", msgid)]),
  /** IRCv3 draft/chathistory; `from` and `to` are `*`, `msgid=…` or `timestamp=…`. */
  chathistory: (verb: HistoryVerb, target: string, bounds: readonly string[]): Line =>
    build("CHATHISTORY", [
      verb,
      checkMiddle("the target", target),
      ...bounds.map((bound) => checkMiddle("the bound", bound)),
    ]),
  /** What a conversation was said in between two moments (IRCv3 draft/chathistory). */
  historyTargets: (from: string, to: string, limit: number): Line =>
    build("CHATHISTORY", [
      "TARGETS",
      checkMiddle("the bound", from),
      checkMiddle("the bound", to),
      String(limit),
    ]),
  multiline: (id: string, target: string): Line =>
    build("BATCH", [
      `+${checkMiddle("the id", id)}`,
      "draft/multiline",
      checkMiddle("the target", target),
    ]),
  endBatch: (id: string): Line => build("BATCH", [`-${checkMiddle("the id", id)}`]),
} as const;

export type HistoryVerb = "LATEST" | "BEFORE" | "AFTER" | "BETWEEN";

/** Bytes of the tags that a client may send, with their @ and space (IRCv3 message-tags). */
const tagBytes = 4096;

const escapes: Readonly<Record<string, string>> = {
  ";": "\\:",
  " ": "\\s",
  "\\": "\\\\",
  "\r": "\\r",
  "\n": "\\n",
};

const escapeTag = (value: string): string =>
  value.replaceAll("\0", "").replace(/[; \\\r\n]/g, (sign) => escapes[sign] ?? "");

export type Tags = Readonly<Record<string, string>>;

/** The same line with tags before it, each value escaped so that it cannot end its tag or the line. */
export function tagged(line: Line, tags: Tags): Line {
  const entries = Object.entries(tags);
  if (entries.length === 0) return line;
  const parts = entries.map(([name, value]) => {
    if (!/^\+?[A-Za-z0-9./-]{1,64}$/.test(name)) throw refuse("a tag", "has an odd name");
    const escaped = escapeTag(value);
    return escaped === "" ? name : `${name}=${escaped}`;
  });
  const section = `@${parts.join(";")} `;
  if (Buffer.byteLength(section) > tagBytes) throw refuse("what goes with the line", "is too long");
  return `${section}${line}` as Line;
}

/** The same line with a label the server repeats in its answer (IRCv3 labeled-response). */
export function labelled(line: Line, label: string, tags: Tags = {}): Line {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(label)) throw refuse("the label", "has odd characters in it");
  return tagged(line, { label, ...tags });
}

/** What irc-framework may write during registration, by verb: how many parameters there must be. */
const libraryVerbs: Readonly<Record<string, readonly [number, number]>> = {
  CAP: [1, 2],
  PASS: [1, 1],
  NICK: [1, 1],
  USER: [4, 4],
  AUTHENTICATE: [1, 1],
  PING: [1, 1],
  PROTOCTL: [1, 1],
};

/** A line that irc-framework composed: refused unless it is exactly one of its registration commands. */
export function fromLibrary(text: string): Line {
  const verb = text.slice(0, (text.indexOf(" ") + 1 || text.length + 1) - 1);
  const counts = Object.hasOwn(libraryVerbs, verb) ? libraryVerbs[verb] : undefined;
  if (counts === undefined) throw refuse("the command", "is none that registration needs");
  checkLast(`a value in ${verb}`, text);
  const at = text.indexOf(" :");
  const head = (at === -1 ? text : text.slice(0, at)).split(" ");
  const count = head.length - 1 + (at === -1 ? 0 : 1);
  if (head.includes("") || count < counts[0] || count > counts[1]) {
    throw refuse(`a value in ${verb}`, "would shift the others");
  }
  return sized(text);
}
