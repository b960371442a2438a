const longest = 255;

/** A name of a file from outside, or to there: one line, no path, and no longer than file systems take. */
export const fileName = (name: string): string => {
  const line = name
    .replace(/[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu, "")
    .replace(/[/\\]/g, "_")
    .trim();
  const [ending = ""] = /\.[A-Za-z0-9]{1,10}$/.exec(line) ?? [];
  const bare = line.toWellFormed();
  if (bare.length <= longest) return bare === "" || /^\.+$/.test(bare) ? "file" : bare;
  return bare.slice(0, longest - ending.length).toWellFormed() + ending;
};
