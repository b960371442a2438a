import { createHash } from "node:crypto";
import { isIPv4, isIPv6 } from "node:net";

/** Addresses that begin with the same bits, such as 2001:db8::/64. */
export interface Range {
  readonly family: 4 | 6;
  readonly first: bigint;
  /** Bits behind the prefix. */
  readonly free: number;
}

const bits = { 4: 32, 6: 128 } as const;

/** Fewer would give many people the same address. */
const leastFree = { 4: 8, 6: 32 } as const;

const numberOf4 = (text: string): bigint =>
  text.split(".").reduce((all, part) => (all << 8n) | BigInt(part), 0n);

function numberOf6(text: string): bigint {
  const dotted = text.lastIndexOf(":") + 1;
  const tail = text.slice(dotted);
  if (isIPv4(tail)) {
    const low = numberOf4(tail);
    const words = `${(low >> 16n).toString(16)}:${(low & 0xffffn).toString(16)}`;
    return numberOf6(text.slice(0, dotted) + words);
  }
  const [before = "", after] = text.split("::");
  const groups = (part: string): readonly string[] => (part === "" ? [] : part.split(":"));
  const [high, low] = [groups(before), groups(after ?? "")];
  const gap = after === undefined ? [] : Array<string>(8 - high.length - low.length).fill("0");
  return [...high, ...gap, ...low].reduce((all, part) => (all << 16n) | BigInt(`0x${part}`), 0n);
}

const text4 = (value: bigint): string =>
  [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 0xffn)).join(".");

const text6 = (value: bigint): string =>
  Array.from({ length: 8 }, (_, at) => (value >> BigInt(112 - 16 * at)) & 0xffffn)
    .map((group) => group.toString(16))
    .join(":");

/** What that text means (RFC 4632, RFC 4291 2.3); undefined: nothing that can be used. */
export function parseRange(text: string): Range | undefined {
  const [, address = "", length = ""] = /^([^/%]+)\/(\d{1,3})$/.exec(text) ?? [];
  const family = isIPv4(address) ? 4 : isIPv6(address) ? 6 : undefined;
  if (family === undefined) return undefined;
  const free = bits[family] - Number(length);
  if (free < leastFree[family] || free > bits[family]) return undefined;
  const value = family === 4 ? numberOf4(address) : numberOf6(address);
  return { family, first: (value >> BigInt(free)) << BigInt(free), free };
}

/** The address of that person in the range: always the same, and none of its first and last. */
export function addressIn({ family, first, free }: Range, person: string): string {
  const digest = createHash("sha256").update(`address:${person}`).digest("hex");
  const room = (1n << BigInt(free)) - 2n;
  const value = first + 1n + (BigInt(`0x${digest}`) % room);
  return family === 4 ? text4(value) : text6(value);
}
