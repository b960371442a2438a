import { createHash } from "node:crypto";
import type { Speaker } from "@bridgebox/core/adapter";

/** What a carrier is told to do. `first`: what it needs of memory now is compared with from then on. */
export type Task = { readonly first?: boolean } & (
  | { readonly do: "send"; readonly size: number; readonly speaker: Speaker }
  | { readonly do: "open"; readonly caption: string }
);

/** What became of it, and how much more memory there was with it than before the first, in bytes. */
export interface Carried {
  readonly size: number;
  readonly hash: string;
  readonly more: number;
}

const piece = 64 * 1024;

/** Bytes of a file that is too large to be held, made as they are read: no two pieces are alike. */
export function* vastBytes(size: number): Generator<Uint8Array> {
  for (let at = 0; at < size; at += piece) {
    const bytes = Buffer.alloc(Math.min(piece, size - at), at % 251);
    bytes.writeUInt32BE(at, 0);
    yield bytes;
  }
}

/** SHA-256 of those bytes, in hexadecimal. */
export const vastHash = (size: number): string => {
  const hash = createHash("sha256");
  for (const bytes of vastBytes(size)) hash.update(bytes);
  return hash.digest("hex");
};
