/** What a shape may need to know of the connection. */
export interface Known {
  /** What the client is called, once it is welcomed. */
  readonly nick: string | undefined;
  /** ISUPPORT PREFIX: the letters of ranks and their signs, highest first. */
  readonly ranks: { readonly letters: string; readonly signs: string };
  /** ISUPPORT CHANMODES: lists, always with a parameter, only when set, never. */
  readonly modes: readonly string[];
  readonly chanTypes: string;
  has(cap: string): boolean;
}

const isNick = (text: string): boolean => /^[^\s,*?!@:$#&~%+\d-][^\s,*?!@]*$/.test(text);
const isNumber = (text: string): boolean => /^\d+$/.test(text);

const isChannel = (text: string, { chanTypes }: Known): boolean =>
  // oxlint-disable-next-line no-control-regex
  text.length > 1 && chanTypes.includes(text.charAt(0)) && /^[^\x00\x07\r\n ,]+$/.test(text);

/** Signs of ranks in their order, then the rest of it. */
function unranked(text: string, known: Known): string | undefined {
  const { signs } = known.ranks;
  let last = -1;
  let at = 0;
  for (; at < text.length; at += 1) {
    const rank = signs.indexOf(text.charAt(at));
    if (rank < 0) break;
    if (rank <= last) return undefined;
    last = rank;
  }
  return at < 2 || known.has("multi-prefix") ? text.slice(at) : undefined;
}

const words = (text: string): readonly string[] => text.split(" ").filter((word) => word !== "");

const everyWord = (text: string, fits: (word: string) => boolean): boolean =>
  words(text).every(fits);

function isEntry(word: string, known: Known): boolean {
  const rest = unranked(word, known);
  if (rest === undefined) return false;
  return isNick(known.has("userhost-in-names") ? rest.replace(/!.*$/, "") : rest);
}

/** `H` or `G`, a star for operators, signs of ranks, and letters of the server's own. */
const isWhoFlags = (text: string, known: Known): boolean => {
  const [, rest] = /^[HG]\*?([^A-Za-z]*)[A-Za-z]*$/.exec(text) ?? [];
  return rest !== undefined && unranked(rest, known) === "";
};

type Shape = (text: string, known: Known) => boolean;

/** What one parameter may be; a name that is not here is a fault of the table. */
export const shapes: Readonly<Record<string, Shape>> = {
  text: () => true,
  word: (text) => /^[^\s:]\S*$/.test(text),
  number: isNumber,
  seconds: (text) => isNumber(text) && text.length >= 9 && text.length <= 11,
  nick: isNick,
  "nick-or-star": (text) => text === "*" || isNick(text),
  channel: isChannel,
  "channel-or-star": (text, known) => text === "*" || isChannel(text, known),
  target: (text, known) => isNick(text) || isChannel(text.replace(/^[~&@%+]+/, ""), known),
  user: (text) => /^[^\s@!:][^\s@!]*$/.test(text),
  host: (text) => /^[^\s:@!][^\s@!]*$/.test(text),
  server: (text) => /^[A-Za-z0-9*][A-Za-z0-9.*-]*$/.test(text),
  listed: (text) => /^[^\s:]\S*$/.test(text),
  setter: (text) => /^[^\s!@]+(?:![^\s!@]+@[^\s!@]+)?$/.test(text),
  star: (text) => text === "*",
  "me-changed": (text) => /^\+?[A-Za-z]*$/.test(text),
  letters: (text) => /^[A-Za-z]+$/.test(text),
  flags: (text) => /^(?:[+-][A-Za-z]+)+$|^\+$/.test(text),
  token: (text) => /^-?(?:draft\/)?[A-Za-z0-9]{1,20}(?:=[!-~]*)?$/.test(text),
  symbol: (text) => /^[=*@]$/.test(text),
  entries: (text, known) => text !== "" && everyWord(text, (word) => isEntry(word, known)),
  rooms: (text, known) => everyWord(text, (word) => isChannel(unranked(word, known) ?? "", known)),
  nicks: (text) => everyWord(text, isNick),
  masks: (text) => text.split(",").every((one) => isNick(one.replace(/!.*$/, ""))),
  userhosts: (text) => everyWord(text, (word) => /^[^\s=*]+\*?=[+-]\S*@\S+$/.test(word)),
  "who-flags": isWhoFlags,
  "hops-name": (text) => /^\d+ /.test(text),
  msgid: (text) => /^[^\s:;]\S*$/.test(text),
  command: (text) => /^(?:[A-Z]+|\*)$/.test(text),
  code: (text) => /^[A-Z0-9_]+$/.test(text),
  targets: (text) => text === "TARGETS",
  moment: (text) => isMoment(text),
  "base64-or-plus": (text) => /^(?:\+|[A-Za-z0-9+/=]{1,400}|[A-Z0-9-]{1,20})$/.test(text),
};

/** IRCv3 server-time: UTC with milliseconds. */
export const isMoment = (text: string): boolean =>
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text) && Number.isFinite(Date.parse(text));
