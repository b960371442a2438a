import { createHash } from "node:crypto";

import { chatId, userId } from "../adapter/index.ts";
import type { ChatId, ChatRef, UserId } from "../adapter/index.ts";

/** A user id or alias may have this many bytes, sigil and server name included. */
const longest = 255;

/** Where a name lives: two networks never share a prefix. */
export interface Namespace {
  readonly prefix: string;
  /** The server name, whose length counts too. */
  readonly domain: string;
}

/**
 * The localpart of a remote user's ghost. No two ids give the same one: they are mapped as in
 * "Mapping from other character sets" of the Matrix appendices (`_a` for `A`, `__` for `_`, `=xx`
 * for any other byte), and one that is too long ends in `==` and a hash of the whole id.
 */
export const ghostLocalpart = (id: string, { prefix, domain }: Namespace): string => {
  const escaped = id.isWellFormed() ? prefix + escapeUser(id) : undefined;
  if (escaped !== undefined && fits(escaped, domain)) return escaped;
  return hashed({ prefix, domain, whole: [id], head: escapeUser(id.toWellFormed()) });
};

/** The remote user of a ghost's localpart; nothing if it is none, or only its hash is in it. */
export const parseGhostLocalpart = (localpart: string, space: Namespace): UserId | undefined => {
  if (!localpart.startsWith(space.prefix)) return undefined;
  const id = unescape(localpart.slice(space.prefix.length), { capitals: true });
  return id !== undefined && id !== "" && ghostLocalpart(id, space) === localpart
    ? userId(id)
    : undefined;
};

/**
 * The localpart of a portal's alias, as people type it: `#libera_#lobby:example.org`. Letters,
 * digits and signs stay, so that an alias can be guessed from the chat's name. Reversible, except
 * for chats of one login only, whose alias tells nobody which chat it is.
 */
export const aliasLocalpart = (chat: ChatRef, { prefix, domain }: Namespace): string => {
  if (chat.receiver !== undefined) {
    return hashed({ prefix, domain, whole: [chat.id, chat.receiver], head: "" });
  }
  const escaped = chat.id.isWellFormed() ? prefix + escapeAlias(chat.id) : undefined;
  if (escaped !== undefined && fits(escaped, domain)) return escaped;
  return hashed({ prefix, domain, whole: [chat.id], head: escapeAlias(chat.id.toWellFormed()) });
};

/** What somebody who typed this alias calls the chat: hostile until the adapter has looked at it. */
export const parseAlias = (localpart: string, space: Namespace): ChatId | undefined => {
  if (!localpart.startsWith(space.prefix)) return undefined;
  const text = unescape(localpart.slice(space.prefix.length), { capitals: false });
  if (text === undefined || text === "") return undefined;
  const id = chatId(text);
  return aliasLocalpart({ id }, space) === localpart ? id : undefined;
};

const escapeUser = (id: string): string =>
  id
    .replace(/_/g, "__")
    .replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    .replace(/[^a-z0-9._/+-]/gu, bytes);

/** A colon would end the localpart, and homeservers refuse white space and control characters. */
const escapeAlias = (id: string): string => id.replace(/[=:\s\p{C}\p{Z}]/gu, bytes);

const bytes = (character: string): string =>
  [...new TextEncoder().encode(character)]
    .map((byte) => `=${byte.toString(16).padStart(2, "0")}`)
    .join("");

const unescape = (
  text: string,
  { capitals }: { readonly capitals: boolean },
): string | undefined => {
  const plain: number[] = [];
  const encoder = new TextEncoder();
  const tokens = text.matchAll(capitals ? /=(..?)?|_(.?)|[^=_]+/gsu : /=(..?)?|[^=]+/gsu);
  for (const [token, hex, after] of tokens) {
    if (token.startsWith("=")) {
      if (hex === undefined || !/^[0-9a-f]{2}$/.test(hex)) return undefined;
      plain.push(Number.parseInt(hex, 16));
    } else if (capitals && token.startsWith("_")) {
      if (after === undefined || !/^[a-z_]$/.test(after)) return undefined;
      plain.push(...encoder.encode(after.toUpperCase()));
    } else {
      plain.push(...encoder.encode(token));
    }
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(new Uint8Array(plain));
  } catch {
    return undefined;
  }
};

const fits = (localpart: string, domain: string): boolean =>
  Buffer.byteLength(localpart) + Buffer.byteLength(domain) + 2 <= longest;

/** `==` is in no escaped name, so a hashed one is never equal to one that is not. */
const hashed = (from: {
  readonly prefix: string;
  readonly domain: string;
  readonly whole: readonly string[];
  readonly head: string;
}): string => {
  const hash = createHash("sha256").update(JSON.stringify(from.whole)).digest("hex").slice(0, 32);
  const tail = `==${hash}`;
  let head = from.head.slice(0, longest);
  while (head !== "" && !fits(from.prefix + head + tail, from.domain)) {
    head = head.slice(0, -1);
  }
  return from.prefix + head.toWellFormed().replaceAll("\uFFFD", "") + tail;
};
