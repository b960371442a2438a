const most = 200;

/** Extended bans begin so (ISUPPORT EXTBAN): `$a:account`, `~quiet:…`, `m:…`. */
const extended = /^(?:[$~]|!?[A-Za-z]+:)/;
/** What stands before the mask in one of them, as often as it does. */
const wrapped = /^(?:[$~!]*[A-Za-z]+:)+/;

/** A mask in its whole form `nick!user@host`, as servers complete it; an extended ban as it is. */
export function fullMask(text: string): string {
  if (extended.test(text)) return text;
  const [hasUser, hasHost] = [text.includes("!"), text.includes("@")];
  if (hasUser) return hasHost ? text : `${text}@*`;
  return hasHost ? `*!${text}` : `${text}!*@*`;
}

/** The sentence that says why nobody can be banned by that mask, or nothing. */
export function wrongMask(mask: string): string | undefined {
  if (mask === "" || Buffer.byteLength(mask) > most) return "A mask has 1 to 200 characters.";
  if (/[\p{Cc}\p{Z},]/u.test(mask) || mask.startsWith(":"))
    return "A mask has no spaces, commas or control characters, and does not begin with a colon.";
  return undefined;
}

/** Nothing in it tells one person from another. */
export const fitsEverybody = (mask: string): boolean =>
  /^[*?!@.]*$/.test(extended.test(mask) ? mask.replace(wrapped, "") : mask);

/** Whether a mask with `*` and `?` fits `nick!user@host`, both folded; in the time of one by the other. */
export function fits(mask: string, client: string): boolean {
  let at = 0;
  let next = 0;
  let star = -1;
  let tried = 0;
  while (next < client.length) {
    const sign = mask[at];
    if (sign === "*") {
      star = at++;
      tried = next;
    } else if (sign === "?" || sign === client[next]) {
      at += 1;
      next += 1;
    } else if (star >= 0) {
      at = star + 1;
      next = ++tried;
    } else return false;
  }
  return /^\**$/.test(mask.slice(at));
}
