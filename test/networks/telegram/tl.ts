import bigInt from "big-integer";
import { BinaryReader } from "telegram/extensions/index.js";
import { Api } from "telegram/tl/index.js";
import { serializeBytes } from "telegram/tl/generationHelpers.js";

/** The TL classes of the client library: requests and replies share one class, so decoding is validation. */
export { Api };

/** A 64-bit (or larger) TL integer as the client library holds it. */
export type Long = bigInt.BigInteger;

/** Anything that TL can write: a constructor or a request. */
export interface TlObject {
  readonly className: string;
  getBytes(): Buffer;
}

/** What a method may answer: TL has objects, booleans and vectors. */
export type Reply = TlObject | boolean | readonly TlObject[];

/** A failure the network reports to its client (core.telegram.org/api/errors), as opposed to a bug. */
export class RpcError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = "RpcError";
    this.code = code;
  }
}

type Absent<T> = { [K in keyof T]: undefined extends T[K] ? K : never }[keyof T];
type Given<T> = Omit<T, Absent<T>> & { [K in Absent<T>]?: Exclude<T[K], undefined> };

/** Leaves out what is undefined, so that optional TL flags are absent rather than undefined. */
export function given<T extends object>(fields: T): Given<T> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as unknown as Given<T>;
}

/** A TL long from a number or a bigint, taken as signed 64 bits. */
export function long(value: number | bigint): Long {
  return typeof value === "number" ? bigInt(value) : bigInt(BigInt.asIntN(64, value).toString());
}

/** A TL int128 from an unsigned bigint. */
export function int128(value: bigint): Long {
  return bigInt(BigInt.asIntN(128, value).toString());
}

/** The bigint of a TL integer of any width. */
export function toBigInt(value: Long): bigint {
  return BigInt(value.toString());
}

/** TL bytes: length, data, padding to four (core.telegram.org/mtproto/serialize). */
export function tlBytes(data: Buffer): Buffer {
  return serializeBytes(data);
}

/** Reads the TL byte string at the start of `data`. */
export function readTlBytes(data: Buffer): Buffer {
  return new BinaryReader(data).tgReadBytes();
}

/** Whether a decoded value is a TL object. */
export function isTlObject(value: unknown): value is TlObject {
  return (
    typeof value === "object" &&
    value !== null &&
    "className" in value &&
    typeof value.className === "string" &&
    "getBytes" in value &&
    typeof value.getBytes === "function"
  );
}

/** Decodes one TL object; throws on anything the schema does not know. */
export function decode(data: Buffer): TlObject {
  const value: unknown = new BinaryReader(data).tgReadObject();
  if (!isTlObject(value)) throw new Error("the bytes are no TL object");
  return value;
}

const TRUE = Buffer.from("b5757299", "hex");
const FALSE = Buffer.from("379779bc", "hex");
const VECTOR = Buffer.from("15c4b51c", "hex");

/** Encodes what a method answered. */
export function encode(reply: Reply): Buffer {
  if (typeof reply === "boolean") return reply ? TRUE : FALSE;
  if ("getBytes" in reply) return reply.getBytes();
  const count = Buffer.alloc(4);
  count.writeInt32LE(reply.length);
  return Buffer.concat([VECTOR, count, ...reply.map((item) => item.getBytes())]);
}

/** Seconds since 1970, the network's clock. */
export function now(): number {
  return Math.floor(Date.now() / 1000);
}
