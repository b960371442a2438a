/**
 * PostgreSQL's text holds every character but NUL, and UTF-8 holds no half of a surrogate pair: SQLite
 * takes any two halves for the same. Ids and names from outside may have both. They are written as DLE and four hex digits, and so is DLE
 * itself: different texts stay different, and each comes back as it went in. The search for the
 * common case, a text without any of them, costs next to nothing.
 */
const escape = "\u0010";
const odd = new RegExp(`[\\0${escape}]|\\p{Surrogate}`, "gu");
const plain = new RegExp(`^[^\\0${escape}]*$`);
const escaped = new RegExp(`${escape}([0-9a-f]{4})`, "g");

export const encoded = (text: string): string =>
  text.isWellFormed() && plain.test(text)
    ? text
    : text.replaceAll(odd, (one) => escape + one.charCodeAt(0).toString(16).padStart(4, "0"));

/** Whatever a statement binds. */
export const written = <T>(value: T): T | string =>
  typeof value === "string" ? encoded(value) : value;

export const decoded = (text: string): string =>
  text.includes(escape)
    ? text.replaceAll(escaped, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)))
    : text;
