/**
 * What may stand in an `href`: the schemes that the Matrix specification allows (11.2.1.7, m.room.message
 * msgtypes) and a few that only open a contact or a map. Everything that runs or embeds is left out.
 */
const safeSchemes: ReadonlySet<string> = new Set([
  "https:",
  "http:",
  "ftp:",
  "mailto:",
  "magnet:",
  "matrix:",
  "tel:",
  "sip:",
  "geo:",
]);

const longest = 4096;

/** The link as it may be written into an attribute, or nothing where following it could do harm. */
export const safeUrl = (url: string): string | undefined => {
  const text = url.trim();
  if (text.length > longest || !URL.canParse(text)) return undefined;
  const parsed = new URL(text);
  if (!safeSchemes.has(parsed.protocol)) return undefined;
  return /^[!-~]+$/.test(text) ? text : parsed.href;
};

const links = /https?:\/\/[^\s<>"\p{Cc}]+/giu;
const closers: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" };

/** Where links stand in plain text: the full stop or bracket after one is not part of it. */
export const findUrls = (text: string): readonly { readonly from: number; readonly to: number }[] =>
  Array.from(text.matchAll(links), (match) => {
    const url = withoutTail(match[0]);
    return { from: match.index, to: match.index + url.length };
  }).filter(({ from, to }) => safeUrl(text.slice(from, to)) !== undefined);

const withoutTail = (found: string): string => {
  let url = found;
  for (;;) {
    const last = url.at(-1) ?? "";
    const opener = closers[last];
    const stray = opener !== undefined && count(url, opener) < count(url, last);
    if (!stray && !/[.,:;!?'*_~]/.test(last)) return url;
    url = url.slice(0, -1);
  }
};

const count = (text: string, char: string): number => text.split(char).length - 1;

/** The `@user:server`, `#alias:server` or `!room` that a matrix.to or `matrix:` link names. */
export const linkTarget = (url: string): string | undefined => {
  const web = /^https:\/\/matrix\.to\/#\/([^/?]+)\/?(?:\?|$)/i.exec(url);
  const uri = /^matrix:(u|r|roomid)\/([^/?]+)\/?(?:\?|$)/i.exec(url);
  const sigils: Readonly<Record<string, string>> = { u: "@", r: "#", roomid: "!" };
  const coded = web?.[1] ?? (uri ? `${sigils[uri[1]?.toLowerCase() ?? ""]}${uri[2]}` : undefined);
  if (coded === undefined) return undefined;
  const target = decoded(coded);
  return /^(?:[@#][^:\s]*:[^\s]+|![^\s]+)$/.test(target) ? target : undefined;
};

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};
