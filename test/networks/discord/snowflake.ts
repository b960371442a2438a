const epoch = 1_420_070_400_000n;
let count = 0n;
let last = 0n;

/** A new id; later ones are larger, also within one millisecond (docs.discord.com/developers/reference#snowflakes). */
export const snowflake = (): string => {
  const now = BigInt(Date.now()) - epoch;
  if (now > last) {
    last = now;
    count = 0n;
  } else count += 1n;
  return String((last << 22n) + count);
};

/** Sorts ids by age. */
export const byId = (a: { readonly id: string }, b: { readonly id: string }): number =>
  BigInt(a.id) < BigInt(b.id) ? -1 : 1;

let moments = 0;

/** Now, in microseconds of which each is given once. */
export const moment = (): string => {
  moments = Math.max(moments + 1, Date.now() * 1000);
  const micro = String(moments % 1000).padStart(3, "0");
  return `${new Date(Math.floor(moments / 1000)).toISOString().slice(0, -1)}${micro}Z`;
};
