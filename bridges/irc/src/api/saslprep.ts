/** Commonly mapped to nothing (RFC 3454, B.1). */
const nothing =
  /\u{034f}|[\u{fe00}-\u{fe0f}]|[\u{00ad}\u{1806}\u{180b}-\u{180d}\u{200b}-\u{200d}\u{2060}\u{feff}]/gu;
/** Spaces beyond ASCII (RFC 3454, C.1.2). */
const spaces = /[\u{00a0}\u{1680}\u{2000}-\u{200a}\u{202f}\u{205f}\u{3000}]/gu;
/** What may not be in it (RFC 3454, C.2 to C.9): controls, what has no character, what changes the display. */
const prohibited =
  /[\u{0340}-\u{0341}]|[\p{Cc}\p{Co}\p{Cs}\p{Noncharacter_Code_Point}\u{06dd}\u{070f}\u{180e}\u{2028}\u{2029}\u{2061}-\u{2063}\u{fff9}-\u{fffd}\u{2ff0}-\u{2ffb}\u{200e}\u{200f}\u{202a}-\u{202e}\u{206a}-\u{206f}\u{e0001}\u{e0020}-\u{e007f}]/u;

/**
 * A name or password as both sides hash it (RFC 4013), by the Unicode of this Node; nothing where it has no
 * such form. Order of writing directions, which only refuses more, is not looked at.
 */
export function saslPrepared(text: string): string | undefined {
  const mapped = text.replace(nothing, "").replace(spaces, " ").normalize("NFKC");
  return mapped === "" || prohibited.test(mapped) ? undefined : mapped;
}
