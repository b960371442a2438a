/**
 * What a server may say. A form is a list of parameters, each the name of a shape: `?` it may be
 * missing, `*` any number of them. Of a numeric the client's own name comes before it.
 * Sources: RFC 2812 §3 and §5, https://modern.ircdocs.horse, and the IRCv3 specification of each capability.
 */

const numericForms: Readonly<Record<string, string>> = {
  "001 002 003": "text",
  "004": "server word letters letters letters?",
  "005": "token token* text",
  "020 250 251 255 305 306 323 371 372 374 375 376 381": "text",
  "221": "me-changed",
  "252 253 254": "number text",
  "263": "command text",
  "265 266": "number? number? text",
  "301": "nick text",
  "302": "userhosts",
  "303": "nicks",
  "307 313 320 335 378 379 671": "nick text",
  "311 314": "nick user host star text",
  "312": "nick server text",
  "315 318 369": "listed text",
  "317": "nick number seconds text",
  "319": "nick rooms",
  "321": "word text",
  "322": "channel number text",
  "324": "channel flags word*",
  "329": "channel seconds",
  "330": "nick word text",
  "331 332 347 349 368": "channel text",
  "728": "channel letters listed setter? seconds?",
  "729": "channel letters text",
  "333": "channel setter seconds",
  "338": "nick host? host? text",
  "341": "nick channel",
  "346 348 367": "channel listed setter? seconds?",
  "351": "word server text",
  "352": "channel-or-star user host server nick who-flags hops-name",
  "353": "symbol channel entries",
  "354": "word*",
  "366": "channel-or-star text",
  "391": "server number? text",
  "396": "host text",
  "401 402 406 433 436 437": "listed text",
  "403 404 405 442 471 473 474 475 476 477 482 525": "listed text",
  "407 410 421 432 461 472 696": "listed listed* text",
  "409 411 412 417 422 431 451 462 464 465 481 483 491 501 502": "text",
  "441 443": "nick channel text",
  "478": "channel listed text",
  "730 731": "masks",
  "732 733": "text",
  "734": "number text text",
  "900": "setter word text",
  "901": "setter text",
  "902 903 904 905 906 907": "text",
  "908": "word text",
};

/** Who a line may come from; a `person` is a whole `nick!user@host`. */
export type Origin = "person" | "server" | "either" | "any";

export interface Form {
  readonly from: Origin;
  readonly params: readonly Param[];
  /** Without it the client does not know the command. */
  readonly cap?: string;
}

export interface Param {
  readonly shape: string;
  readonly times: "one" | "maybe" | "many";
}

const paramsOf = (text: string): readonly Param[] =>
  text
    .split(" ")
    .filter((word) => word !== "")
    .map((word) => {
      const times = word.endsWith("?") ? "maybe" : word.endsWith("*") ? "many" : "one";
      return { shape: times === "one" ? word : word.slice(0, -1), times };
    });

const form = (from: Origin, text: string, cap?: string): Form => ({
  from,
  params: paramsOf(text),
  ...(cap === undefined ? {} : { cap }),
});

/** By their three digits. */
export const numerics: ReadonlyMap<string, Form> = new Map(
  Object.entries(numericForms).flatMap(([codes, text]) => {
    const one = form("server", text);
    return codes.split(" ").map((code) => [code, one] as const);
  }),
);

export const commands: ReadonlyMap<string, Form> = new Map(
  Object.entries({
    JOIN: form("person", "channel"),
    PART: form("person", "channel text?"),
    QUIT: form("person", "text?"),
    KICK: form("either", "channel nick text?"),
    NICK: form("person", "nick"),
    MODE: form("either", "target flags word*"),
    TOPIC: form("either", "channel text"),
    INVITE: form("either", "nick channel"),
    PRIVMSG: form("either", "target text"),
    NOTICE: form("either", "target text"),
    TAGMSG: form("either", "target", "message-tags"),
    REDACT: form("either", "target msgid text?", "draft/message-redaction"),
    AWAY: form("person", "text?", "away-notify"),
    ACCOUNT: form("person", "word", "account-notify"),
    CHGHOST: form("person", "user host", "chghost"),
    SETNAME: form("person", "text", "setname"),
    BATCH: form("either", "word word*", "batch"),
    ACK: form("server", "", "labeled-response"),
    CHATHISTORY: form("server", "targets target moment", "draft/chathistory"),
    REGISTER: form("server", "code word text"),
    FAIL: form("server", "command code listed* text"),
    WARN: form("server", "command code listed* text"),
    NOTE: form("server", "command code listed* text"),
    CAP: form("server", "nick-or-star word text text?"),
    AUTHENTICATE: form("any", "base64-or-plus", "sasl"),
    PING: form("any", "text"),
    PONG: form("server", "server? text"),
    ERROR: form("any", "text"),
  }),
);

/** A JOIN to clients with extended-join. */
export const extendedJoin: Form = form("person", "channel word text");

/** Which capabilities allow a tag; one with a `+` or a vendor's name goes by message-tags. */
export const tagCaps: ReadonlyMap<string, readonly string[]> = new Map([
  ["time", ["server-time"]],
  // Ergo gives it to whoever takes tags at all.
  ["account", ["account-tag", "message-tags"]],
  ["batch", ["batch"]],
  ["label", ["labeled-response"]],
  ["msgid", ["message-tags"]],
  ["bot", ["message-tags"]],
  ["draft/multiline-concat", ["draft/multiline"]],
]);

interface BatchForm {
  readonly params: number;
  /** What may stand in it; everything where it is absent. */
  readonly holds?: RegExp;
}

const speech = "PRIVMSG|NOTICE";
/** draft/event-playback */
export const pastEvents = /^(?:TAGMSG|JOIN|PART|QUIT|NICK|KICK|MODE|TOPIC|INVITE|CHGHOST|SETNAME)$/;

export const batches: ReadonlyMap<string, BatchForm> = new Map<string, BatchForm>([
  ["labeled-response", { params: 0 }],
  [
    "chathistory",
    { params: 1, holds: new RegExp(`^(?:${speech}|BATCH|REDACT|${pastEvents.source})$`) },
  ],
  ["draft/chathistory-targets", { params: 0, holds: /^CHATHISTORY$/ }],
  ["draft/multiline", { params: 1, holds: new RegExp(`^(?:${speech})$`) }],
  ["netsplit", { params: 2, holds: /^QUIT$/ }],
  ["netjoin", { params: 2, holds: /^(?:JOIN|MODE)$/ }],
]);
