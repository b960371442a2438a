const graphemes = new Intl.Segmenter("und", { granularity: "grapheme" });

/** A grapheme may carry this many combining marks; more of them only smear over other lines. */
const marks = /(\p{M}{8})\p{M}+/gu;
const spaces = /[\t\n\v\f\r\u0085\p{Z}\u2800\u3164\uffa0\u115f\u1160]+/gu;
/** Controls, formats (bidi, zero-width, tag characters), lone surrogates and unassigned fillers. */
const unseen =
  /(?<emoji>\p{Extended_Pictographic}(?:\ufe0f|\p{Emoji_Modifier})*\u200d(?=\p{Extended_Pictographic}))|[\p{Cc}\p{Cf}\p{Cs}\u034f\u17b4\u17b5\u2065\ufff0-\ufff8\u{e0000}-\u{e0fff}]/gu;

/**
 * A remote name as it may stand in a member list: nothing in it is invisible, turns the text round
 * or smears, and it has at most `max` graphemes. It may be empty, and it may look like another's.
 */
export const cleanName = (name: string, max = 100): string => {
  const clean = name
    .slice(0, max * 40)
    .normalize("NFC")
    .replaceAll(spaces, " ")
    .replaceAll(unseen, (found, emoji: string | undefined) => emoji ?? (found === "" ? found : ""))
    .replaceAll(marks, "$1")
    .replaceAll(/ {2,}/g, " ")
    .trim();
  let kept = "";
  let count = 0;
  for (const { segment } of graphemes.segment(clean)) {
    if (count === max) break;
    kept += segment;
    count += 1;
  }
  return kept.trimEnd();
};
