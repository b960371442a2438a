import { cleanName } from "./clean-name.ts";

/** Letters that are drawn as a Latin one, by that one (a part of Unicode UTS #39, confusables.txt). */
const drawnAs: Readonly<Record<string, string>> = {
  a: "аαɑ4",
  b: "вьβ8",
  c: "сϲᴄ",
  d: "ԁ",
  e: "еёєεɛ3",
  g: "ɡց9",
  h: "һн",
  j: "јϳ",
  k: "кκ",
  l: "i1|ıіιӏⅼǀ",
  m: "м",
  n: "ηпո",
  o: "оοσօ0",
  p: "рρ",
  q: "ԛգ",
  r: "г",
  s: "ѕꜱ5$",
  t: "тτ7",
  u: "υսʋ",
  v: "νѵ",
  w: "ԝω",
  x: "хχ×",
  y: "уγү",
  z: "ᴢ2",
};

const latin = new Map(
  Object.entries(drawnAs).flatMap(([letter, others]) =>
    Array.from(others, (other): [string, string] => [other, letter]),
  ),
);

/**
 * What two names have in common that a hurried reader takes for one: without marks, signs, spaces and
 * cases, and every letter as the Latin one that it looks like. Not for showing.
 */
export const look = (name: string): string => {
  const plain = cleanName(name).normalize("NFKD").toLowerCase();
  const drawn = Array.from(plain, (char) => latin.get(char) ?? char).join("");
  return drawn
    .replaceAll(/[^\p{L}\p{N}]/gu, "")
    .replaceAll("rn", "m")
    .replaceAll("vv", "w");
};

/** Whether one of the two could pass for the other. */
export const looksLike = (one: string, other: string): boolean => {
  const seen = look(one);
  return seen !== "" && seen === look(other);
};
