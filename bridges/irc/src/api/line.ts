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
  /** Several channels at once spare flood tokens; each name is checked by itself. */
  join: (channels: readonly string[]): Line =>
    build("JOIN", [channels.map((name) => checkMiddle("the channel", name)).join(",")]),
  part: (channel: string, reason?: string): Line =>
    withReason("PART", [["the channel", channel]], reason),
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
  nick: (nick: string): Line => build("NICK", [checkMiddle("the nick", nick)]),
  whois: (nick: string): Line => build("WHOIS", [checkMiddle("the nick", nick)]),
  ping: (token: string): Line => build("PING", [checkMiddle("the token", token)]),
  pong: (token: string): Line => build("PONG", [], checkLast("the token", token)),
  quit: (reason: string): Line => build("QUIT", [], checkLast("the reason", reason)),
} as const;

/** The same line with a label the server repeats in its answer (IRCv3 labeled-response). */
export function labelled(line: Line, label: string): Line {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(label)) throw refuse("the label", "has odd characters in it");
  return `@label=${label} ${line}` as Line;
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
