const upper = /[A-Z[\]\\^]/g;
const lower: Readonly<Record<string, string>> = { "[": "{", "]": "}", "\\": "|", "^": "~" };

/** A name as the network compares it: ASCII lower case, and `[]\^` equal `{}|~` (RFC 1459 §2.2). */
export function fold(name: string): string {
  return name.replace(
    upper,
    (letter) => lower[letter] ?? String.fromCharCode(letter.charCodeAt(0) + 32),
  );
}

/** Whether a nickname follows RFC 2812 §2.3.1. */
export function isNick(name: string, maxLength: number): boolean {
  return name.length <= maxLength && /^[A-Za-z[\]\\`_^{|}][A-Za-z0-9[\]\\`_^{|}-]*$/.test(name);
}

/** The longest channel name, announced as CHANNELLEN. */
export const channelLength = 64;

/** Whether a name is that of a channel here: `#` and no control, space, comma or colon (RFC 2812 §1.3). */
export function isChannel(name: string): boolean {
  // oxlint-disable-next-line no-control-regex
  return name.length <= channelLength && /^#[^\x00-\x20\x7f,:]+$/.test(name);
}

/** A ban mask in its full form `nick!user@host`, as servers complete it. */
export function fullMask(mask: string): string {
  const bang = mask.includes("!");
  const at = mask.includes("@");
  if (bang) return at ? mask : `${mask}@*`;
  return at ? `*!${mask}` : `${mask}!*@*`;
}

/** A ban by something else than a mask, such as `$a:account` (ISUPPORT EXTBAN). */
export const isExtban = (mask: string): boolean => /^\$~?[a-z](?::|$)/.test(mask);

/** Whether `nick!user@host` is covered by a mask with `*` and `?`, compared by the network's case mapping. */
export function matchesMask(mask: string, hostmask: string): boolean {
  const pattern = fold(mask)
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*+/g, ".*")
    .replace(/\?/g, ".");
  return new RegExp(`^${pattern}$`, "s").test(fold(hostmask));
}
