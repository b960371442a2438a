import type { Known } from "./shapes.ts";

/**
 * Whether each letter of a channel's mode string has the parameter that CHANMODES and PREFIX give it.
 * `now`: the modes as they stand, where a key may be kept secret.
 */
export function modeFaults(
  [text = "", ...args]: readonly string[],
  { modes: [lists = "", always = "", whenSet = "", never = ""], ranks }: Known,
  now: boolean,
): readonly string[] {
  const faults: string[] = [];
  let on = true;
  let takes = 0;
  for (const letter of text) {
    if (letter === "+" || letter === "-") on = letter === "+";
    else if (always.includes(letter) || ranks.letters.includes(letter)) takes += 1;
    else if (lists.includes(letter)) takes += 1;
    else if (whenSet.includes(letter)) takes += on ? 1 : 0;
    else if (!never.includes(letter)) faults.push(`the mode ${letter}, which is not announced`);
  }
  const missing = now ? args.length > takes : args.length !== takes;
  if (missing) faults.push(`${args.length} parameters for modes that take ${takes}`);
  return faults;
}
