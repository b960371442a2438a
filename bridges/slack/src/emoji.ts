import { readFileSync } from "node:fs";

/** Slack's names, and the sign that each stands for. */
interface Names {
  readonly signs: ReadonlyMap<string, string>;
  readonly names: ReadonlyMap<string, string>;
}

const presentation = /\ufe0f/g;
const bare = (sign: string): string => sign.replaceAll(presentation, "");

let loaded: Names | undefined;

const table = (): Names => {
  if (loaded) return loaded;
  const signs = new Map<string, string>();
  const names = new Map<string, string>();
  const lines = readFileSync(new URL("./emoji.txt", import.meta.url), "utf8")
    .split("\n")
    .slice(1);
  for (const line of lines) {
    const [sign = "", ...all] = line.split(" ");
    for (const name of all) signs.set(name, sign);
    const [first] = all;
    if (first !== undefined) names.set(bare(sign), first);
  }
  loaded = { signs, names };
  return loaded;
};

/** `skin-tone-2` is the lightest of five (docs.slack.dev, emoji with skin tones). */
const tones = ["🏻", "🏼", "🏽", "🏾", "🏿"];
const toned = /^(.+?)(?:::skin-tone-([2-6]))$/;

/** The sign that a name stands for; nothing where it is a workspace's own, or unknown. */
export const signOf = (name: string): string | undefined => {
  const [, base = name, tone] = toned.exec(name) ?? [];
  const sign = table().signs.get(base);
  if (sign === undefined || tone === undefined) return sign;
  const [first = "", ...rest] = Array.from(bare(sign));
  return first + (tones[Number(tone) - 2] ?? "") + rest.join("");
};

/** Slack's name of an emoji, with its skin tone; nothing where Slack has none. */
export const nameOf = (sign: string): string | undefined => {
  const { names } = table();
  const plain = bare(sign);
  const known = names.get(plain);
  if (known !== undefined) return known;
  const tone = tones.findIndex((each) => plain.includes(each));
  const base = tone < 0 ? undefined : names.get(plain.replaceAll(tones[tone] ?? "", ""));
  return base === undefined ? undefined : `${base}::skin-tone-${tone + 2}`;
};

/** What a workspace may call an emoji of its own. */
export const isEmojiName = (name: string): boolean => /^[\p{L}\d_+'-]{1,100}$/u.test(name);
