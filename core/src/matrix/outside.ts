import { lookup } from "node:dns";
import { BlockList, isIP } from "node:net";
import type { LookupFunction } from "node:net";
import { MatrixError } from "./types.ts";

/**
 * What is no address of the open internet: loopback, private and link-local networks, those of clouds'
 * metadata, and whatever is reserved (IANA special-purpose registries, RFC 6890).
 */
const inside = new BlockList();
for (const [address, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
] as const)
  inside.addSubnet(address, bits, "ipv4");

/** Of IPv6 only what is global unicast is outside, without what stands in it for an IPv4 address. */
const global = new BlockList();
global.addSubnet("2000::", 3, "ipv6");
for (const [address, bits] of [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
] as const)
  inside.addSubnet(address, bits, "ipv6");

/** Whether that IP address is one of the open internet. */
export const isOutside = (address: string): boolean => {
  const family = isIP(address);
  if (family === 4) return !inside.check(address, "ipv4");
  return family === 6 && global.check(address, "ipv6") && !inside.check(address, "ipv6");
};

/**
 * The address of a homeserver as a stranger names it, without a slash at its end.
 * @throws MatrixError where it is none that the box calls.
 */
export const strangersAddress = (text: string): string => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || text.length > 500) throw refusedPlace("it is no address");
  if (url.protocol !== "https:") throw refusedPlace("it is not https");
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "")
    throw refusedPlace("it has more in it than a host and a path");
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  if (isIP(host) !== 0 && !isOutside(host)) throw refusedPlace("it is not on the open internet");
  return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
};

const refusedPlace = (why: string): MatrixError =>
  new MatrixError(
    "M_INVALID_PARAM",
    `That homeserver was not called: ${why}. An admin of this box can name its address in double_puppet.servers.`,
    { status: 0, reached: "no" },
  );

/** Resolves names as ever, to addresses of the open internet alone: what a name means is a stranger's word too. */
export const outsideLookup: LookupFunction = (hostname, options, done) => {
  lookup(hostname, { ...options, all: true }, (error, found) => {
    if (error) return done(error, "", 0);
    const outside = found.filter(({ address }) => isOutside(address));
    const [first] = outside;
    if (first === undefined)
      return done(Object.assign(new Error("not on the open internet"), { code: "ENOTFOUND" }), "");
    if (options.all === true) return done(null, outside);
    return done(null, first.address, first.family);
  });
};
