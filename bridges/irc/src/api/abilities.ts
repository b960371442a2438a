/** What the server at the other end can do now; what it does not have is `undefined` or false. */
export interface Abilities {
  /** Every line of ours comes back with its own label, so its end and its id are certain. */
  readonly labels: boolean;
  /** The server says at each line which account its sender is logged in to. */
  readonly accounts: boolean;
  /** Lines carry tags, ids among them. */
  readonly tags: boolean;
  /** A client may send that tag. */
  sends(tag: string): boolean;
  readonly redact: boolean;
  /** Several lines as one message; bytes of all of them, and how many. */
  readonly multiline: { readonly bytes: number; readonly lines: number } | undefined;
  /** Messages that one request may bring. */
  readonly history: { readonly limit: number; readonly byId: boolean } | undefined;
  /** The signs one of which a relayed name must have. */
  readonly relay: { readonly separator: string } | undefined;
  /** Lines of a join may bring back what was said before it (InspIRCd's +H). */
  readonly replays: boolean;
}

export interface Offered {
  readonly has: (cap: string) => boolean;
  /** The value that stands after the name. */
  readonly value: (cap: string) => string | undefined;
  /** ISUPPORT */
  readonly supports: (name: string) => unknown;
}

function numberOf(list: string, name: string): number | undefined {
  const found = new RegExp(`(?:^|,)${name}=(\\d{1,7})(?:,|$)`).exec(list)?.[1];
  return found === undefined ? undefined : Number(found);
}

function multilineOf({ has, value }: Offered): Abilities["multiline"] {
  if (!has("draft/multiline") || !has("batch")) return undefined;
  const stated = value("draft/multiline") ?? "";
  const bytes = numberOf(stated, "max-bytes") ?? 0;
  if (bytes < 1000) return undefined;
  return { bytes, lines: Math.max(1, numberOf(stated, "max-lines") ?? 24) };
}

function historyOf({ has, supports }: Offered): Abilities["history"] {
  if (!has("draft/chathistory") || !has("batch")) return undefined;
  const stated = Number(supports("CHATHISTORY") ?? supports("DRAFT/CHATHISTORY"));
  const limit = Number.isInteger(stated) && stated > 0 ? Math.min(stated, 500) : 100;
  const types = supports("MSGREFTYPES");
  return { limit, byId: typeof types !== "string" || types.split(",").includes("msgid") };
}

/** ISUPPORT CLIENTTAGDENY: names without their +; `*` is all, `-x` is an exception from it. */
function isDenied(deny: unknown, tag: string): boolean {
  if (!Array.isArray(deny)) return false;
  const names: readonly unknown[] = deny;
  const name = tag.replace(/^\+/, "");
  return names.includes("*") ? !names.includes(`-${name}`) : names.includes(name);
}

/** Read anew each time: capabilities come and go while a connection stands. */
export function abilitiesOf(offered: Offered): Abilities {
  const { has, value, supports } = offered;
  const tags = has("message-tags");
  const separator = (value("draft/relaymsg") ?? "").replace(/[^!-~]/g, "")[0] ?? "/";
  return {
    labels: has("labeled-response") && has("echo-message") && has("batch"),
    accounts: has("account-tag"),
    tags,
    sends: (tag) => tags && !isDenied(supports("CLIENTTAGDENY"), tag),
    redact: has("draft/message-redaction"),
    multiline: multilineOf(offered),
    history: historyOf(offered),
    relay: has("draft/relaymsg") ? { separator } : undefined,
    replays: has("batch") && has("server-time") && tags,
  };
}

/** Beside what irc-framework asks for by itself. */
export const wantedCaps: readonly string[] = [
  "labeled-response",
  "standard-replies",
  "draft/chathistory",
  "draft/event-playback",
  "draft/multiline",
  "draft/message-redaction",
  "draft/relaymsg",
];
