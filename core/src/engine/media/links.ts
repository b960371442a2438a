import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import type { Millis } from "../../adapter/index.ts";
import { parseMxc } from "../../matrix/mxc.ts";

/** A file that whoever has the link may fetch, until it expires. */
export interface Link {
  readonly mxc: string;
  /** The file name that a browser is told. */
  readonly name: string;
  readonly expires: Millis;
}

/** Signed addresses of media, for networks that fetch files by themselves. */
export interface Links {
  /** Absent where the box has no public address, or that is no media address. */
  make(link: Link): string | undefined;
  /** Whether the box has a public address. */
  readonly available: boolean;
  /** What the path of a request stands for; nothing if it is altered, expired or none of ours. */
  read(path: string, now: Millis): Link | undefined;
}

const longest = 2000;

/** `address`: where the box is reached from outside, without a slash at its end. */
export const makeLinks = (boxKey: Uint8Array, address: string | undefined): Links => {
  const key = Buffer.from(hkdfSync("sha256", boxKey, "", "bridgebox public media 1", 32));
  const proof = ({ mxc, name, expires }: Link): Buffer =>
    createHmac("sha256", key)
      .update(JSON.stringify([mxc, name, expires]))
      .digest()
      .subarray(0, 16);

  const pathOf = (link: Link): string | undefined => {
    const at = parseMxc(link.mxc);
    if (at === undefined) return undefined;
    const parts = [at.server, at.id, link.name].map((part) => encodeURIComponent(part));
    return `/media/${proof(link).toString("base64url")}/${link.expires.toString(36)}/${parts.join("/")}`;
  };

  return {
    available: address !== undefined,
    make: (link) => {
      const path = pathOf(link);
      return address === undefined || path === undefined ? undefined : address + path;
    },
    read: (path, now) => {
      if (path.length > longest) return undefined;
      const [, sign, time, server, id, name] =
        /^\/media\/([\w-]{22})\/([0-9a-z]{1,11})\/([^/?#]+)\/([^/?#]+)\/([^/?#]+)$/.exec(path) ??
        [];
      if (sign === undefined || time === undefined) return undefined;
      const link = { ...named(server, id, name), expires: Number.parseInt(time, 36) };
      if (link.mxc === undefined || link.name === undefined) return undefined;
      const whole: Link = { mxc: link.mxc, name: link.name, expires: link.expires };
      const given = Buffer.from(sign, "base64url");
      const expected = proof(whole);
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
      return pathOf(whole) === path && whole.expires > now ? whole : undefined;
    },
  };
};

const named = (
  server: string | undefined,
  id: string | undefined,
  name: string | undefined,
): { readonly mxc: string | undefined; readonly name: string | undefined } => {
  const [a, b, c] = [server, id, name].map(decoded);
  const mxc = `mxc://${a ?? ""}/${b ?? ""}`;
  return { mxc: parseMxc(mxc) === undefined ? undefined : mxc, name: c };
};

const decoded = (part: string | undefined): string | undefined => {
  try {
    return part === undefined ? undefined : decodeURIComponent(part);
  } catch {
    return undefined;
  }
};
