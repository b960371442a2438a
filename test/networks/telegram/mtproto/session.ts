import { randomBytes } from "node:crypto";
import { fromLittleEndian, int32, sha1, sha256, toLittleEndian } from "./bytes.ts";
import { igeDecrypt, igeEncrypt, type IgeKey } from "./ige.ts";
import type { Transport } from "./transport.ts";

/** A key agreed with one installation of a client; logins hang on it, and so does its TL layer. */
export interface AuthKey {
  readonly id: string;
  readonly bytes: Buffer;
  /** The data centre it was made in. */
  readonly dc: number;
  layer?: number;
  initialised: boolean;
}

/** One running client on an auth key; it gets updates from its first request on. */
export interface Session {
  readonly key: AuthKey;
  readonly id: string;
  transport: Transport;
  sent: number;
  announced: boolean;
  wantsUpdates: boolean;
}

/** A decrypted client message with its envelope. */
export interface Envelope {
  readonly salt: bigint;
  readonly sessionId: string;
  readonly messageId: bigint;
  readonly body: Buffer;
}

/** The auth key as the protocol identifies it: the last 64 bits of its SHA-1. */
export function authKey(bytes: Buffer, dc: number): AuthKey {
  return { id: sha1(bytes).subarray(12).toString("hex"), bytes, dc, initialised: false };
}

/** Decrypts and checks a client's packet (core.telegram.org/mtproto/description). */
export function open(key: AuthKey, packet: Buffer): Envelope {
  const messageKey = packet.subarray(8, 24);
  const length = packet.length - 24;
  const encrypted = packet.subarray(24, 24 + length - (length % 16));
  const plain = igeDecrypt(aesKey(key.bytes, messageKey, 0), encrypted);
  const expected = sha256(key.bytes.subarray(88, 120), plain).subarray(8, 24);
  if (!expected.equals(messageKey)) throw new Error("a message has the wrong msg_key");
  return {
    salt: fromLittleEndian(plain.subarray(0, 8)),
    sessionId: plain.subarray(8, 16).toString("hex"),
    messageId: fromLittleEndian(plain.subarray(16, 24)),
    body: plain.subarray(32, 32 + plain.readInt32LE(28)),
  };
}

/** Encrypts one server message for a session. */
export function seal(session: Session, message: Omit<Envelope, "sessionId">): Buffer {
  const { key } = session;
  const sequence = session.sent++ * 2 + 1;
  const plain = Buffer.concat([
    toLittleEndian(message.salt, 8),
    Buffer.from(session.id, "hex"),
    toLittleEndian(message.messageId, 8),
    int32(sequence),
    int32(message.body.length),
    message.body,
  ]);
  const padding = randomBytes(12 + ((16 - ((plain.length + 12) % 16)) % 16));
  const padded = Buffer.concat([plain, padding]);
  const messageKey = sha256(key.bytes.subarray(96, 128), padded).subarray(8, 24);
  const encrypted = igeEncrypt(aesKey(key.bytes, messageKey, 8), padded);
  return Buffer.concat([Buffer.from(key.id, "hex"), messageKey, encrypted]);
}

function aesKey(key: Buffer, messageKey: Buffer, offset: 0 | 8): IgeKey {
  const a = sha256(messageKey, key.subarray(offset, offset + 36));
  const b = sha256(key.subarray(40 + offset, 76 + offset), messageKey);
  return {
    key: Buffer.concat([a.subarray(0, 8), b.subarray(8, 24), a.subarray(24)]),
    iv: Buffer.concat([b.subarray(0, 8), a.subarray(8, 24), b.subarray(24)]),
  };
}
