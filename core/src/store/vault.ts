import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";
import { StoreBroken } from "./errors.ts";
import type { PortalId } from "./types.ts";

/** Seals values under the box key, each to its own place: a value moved to another row does not open. */
export interface Vault {
  /** `place`: table, then key. */
  seal(text: string, place: readonly string[]): string;
  /** @throws StoreBroken when it was sealed under another key or for another place, or changed. */
  open(sealed: string, place: readonly string[]): string;
  /** Tells two box keys apart and tells nothing else about them. */
  readonly fingerprint: string;
}

const prefix = "v1.";
const ivLength = 12;
const tagLength = 16;

const subkey = (boxKey: Uint8Array, purpose: string): Buffer =>
  Buffer.from(hkdfSync("sha256", boxKey, "", `bridgebox ${purpose} 1`, 32));

const unreadable = (place: readonly string[], cause?: unknown): StoreBroken =>
  new StoreBroken(
    `The secret in ${place.join(" ")} was not read – it was changed, or sealed with another box key – put the right key file back, or log in again.`,
    cause,
  );

/** AES-256-GCM; the prefix names the format, so that a later one can stand beside it. */
export const openVault = (boxKey: Uint8Array): Vault => {
  const key = subkey(boxKey, "secrets");
  return {
    fingerprint: subkey(boxKey, "fingerprint").toString("hex").slice(0, 16),
    seal(text, place) {
      const iv = randomBytes(ivLength);
      const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(
        Buffer.from(JSON.stringify(place)),
      );
      const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return prefix + Buffer.concat([iv, body, cipher.getAuthTag()]).toString("base64");
    },
    open(sealed, place) {
      const bytes = Buffer.from(sealed.slice(prefix.length), "base64");
      if (!sealed.startsWith(prefix) || bytes.length < ivLength + tagLength) {
        throw unreadable(place);
      }
      const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, ivLength), {
        authTagLength: tagLength,
      })
        .setAAD(Buffer.from(JSON.stringify(place)))
        .setAuthTag(bytes.subarray(-tagLength));
      try {
        const body = bytes.subarray(ivLength, -tagLength);
        return Buffer.concat([decipher.update(body), decipher.final()]).toString("utf8");
      } catch (cause) {
        throw unreadable(place, cause);
      }
    },
  };
};

/**
 * The key that a message carries on both sides: the same for the same (portal, origin, part), and
 * nobody without the box key can tell from it what it stands for or make one.
 */
export const messageKey = (
  boxKey: Uint8Array,
  portal: PortalId,
  origin: string,
  part: string,
): string =>
  createHmac("sha256", boxKey)
    .update(JSON.stringify(["bridgebox message 1", portal, origin, part]))
    .digest("base64url")
    .slice(0, 25);
