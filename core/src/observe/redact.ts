import { errorTable } from "../adapter/index.ts";
import type { Json, LogData } from "../adapter/index.ts";

const masked = "•••";
const longest = 500;
/** Looked at beyond the cut, so that a secret across it is recognised. */
const margin = 500;
const most = 30;
const deepest = 5;

/** Words of a key whose value is never written, however it is spelled: `asToken`, `API_HASH`. */
const secretWords = new Set(
  (
    "token tokens password passwords passwd passphrase pass secret secrets session sessions code " +
    "codes otp cookie cookies authorization credential credentials hash apikey privatekey"
  ).split(" "),
);

/** What people need of a `code`: of our own table, of Node, of Matrix. No login code looks like these. */
const errorCode = /^(?:M|ERR|SQLITE)_[A-Z0-9_]+$|^E[A-Z]{3,}[A-Z0-9_]*$/;

/** Secrets inside of text: bearer tokens, query parameters, `user:password@` of an address. */
const inText: readonly (readonly [RegExp, string])[] = [
  [/\b(bearer|basic)\s+[\w.~+/=:-]+/gi, `$1 ${masked}`],
  [
    /\b((?:[a-z]+[_-])*(?:token|password|secret|session|code|hash|key))=[^&\s"'<>]+/gi,
    `$1=${masked}`,
  ],
  [/(:\/\/)[^/\s@"'<>]*@/g, `$1${masked}@`],
  [/\b\d{6,}:[\w-]{30,}/g, masked],
  [/\b(?:syt|mct)_\w{8,}/g, masked],
  [/\bxox[a-z](?:[.-][\w%+/=-]+)+|\bxapp-[\w-]{8,}/g, masked],
  [/\b[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}/g, masked],
  [/(\/(?:webhooks|interactions)\/\d{6,}\/)[\w-]{16,}/g, `$1${masked}`],
];

const unseen = /[\p{Cc}\u061C\u200B-\u200F\u2028-\u202E\u2066-\u2069\uFEFF]/gu;

const visible = (character: string): string =>
  `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;

/** One line of text that can neither forge a log line nor turn it around, cut where it is long. */
export const tame = (text: string): string => {
  const looked = text.slice(0, longest + margin);
  const safe = inText.reduce((all, [what, by]) => all.replace(what, by), looked);
  const tail = text.length > longest ? `… (${text.length} in all)` : "";
  return safe.slice(0, longest).toWellFormed().replace(unseen, visible) + tail;
};

const wordsOf = (key: string): readonly string[] =>
  key
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z\d]+/);

const isSecret = (key: string): boolean =>
  wordsOf(key).some((word) => secretWords.has(word)) ||
  /(?:api|private|box|access)_?key$/i.test(key);

const isErrorCode = (value: Json): boolean =>
  typeof value === "string" && (Object.hasOwn(errorTable, value) || errorCode.test(value));

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

const cleaned = (value: Json, depth: number): Json => {
  if (typeof value === "string") return tame(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth === deepest) return "…";
  if (isList(value)) {
    const shown = value.slice(0, most).map((item) => cleaned(item, depth + 1));
    return value.length > most ? [...shown, `… (${value.length} in all)`] : shown;
  }
  return cleanedFields(value, depth + 1);
};

const cleanedFields = (data: LogData, depth: number): Readonly<Record<string, Json>> =>
  Object.fromEntries(
    Object.entries(data).flatMap(([key, value]): readonly (readonly [string, Json])[] => {
      if (value === undefined) return [];
      const shown = isSecret(key) && !isErrorCode(value) ? masked : cleaned(value, depth);
      return [[tame(key), shown]];
    }),
  );

/** The fields as they may be written: secrets masked by their names and shapes, everything bounded. */
export const safeData = (data: LogData): Readonly<Record<string, Json>> => cleanedFields(data, 0);
