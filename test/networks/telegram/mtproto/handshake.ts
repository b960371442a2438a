import {
  constants,
  generateKeyPairSync,
  privateDecrypt,
  randomBytes,
  type KeyObject,
} from "node:crypto";
import {
  Api,
  decode,
  int128,
  long,
  now,
  tlBytes,
  toBigInt,
  type Long,
  type TlObject,
} from "../tl.ts";
import {
  backwards,
  fromBytes,
  fromLittleEndian,
  powmod,
  sha1,
  sha256,
  toBytes,
  toLittleEndian,
  xor,
} from "./bytes.ts";
import { igeDecrypt, igeEncrypt, type IgeKey } from "./ige.ts";
import { GENERATOR, PRIME, PRIME_BYTES } from "./prime.ts";

/** 104,729 times 1,299,709. Telegram's is of 63 bits, which would be half of what a login costs. */
const PQ = Buffer.from("1fb13801b5", "hex");

/** The RSA key by which clients know the server, and one Diffie-Hellman secret for all handshakes. */
export interface ServerKey {
  readonly privateKey: KeyObject;
  readonly fingerprint: Long;
  readonly publicKeyPem: string;
  readonly secret: bigint;
  readonly publicValue: Buffer;
}

/** One identity for all servers of a process: a key takes as long as all that is asked of most of them. */
export function serverKey(): ServerKey {
  identity ??= createServerKey();
  return identity;
}

let identity: ServerKey | undefined;

function createServerKey(): ServerKey {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const { n = "", e = "" } = publicKey.export({ format: "jwk" });
  const hash = sha1(tlBytes(Buffer.from(n, "base64url")), tlBytes(Buffer.from(e, "base64url")));
  const secret = fromBytes(randomBytes(32));
  return {
    privateKey,
    fingerprint: long(fromLittleEndian(hash.subarray(12))),
    publicKeyPem: publicKey.export({ type: "pkcs1", format: "pem" }).toString(),
    secret,
    publicValue: toBytes(powmod(GENERATOR, secret, PRIME), 256),
  };
}

/** What a step of the handshake sends, and at its end the new key. */
export interface HandshakeStep {
  readonly reply: TlObject;
  readonly authKey?: Buffer;
}

interface Progress {
  readonly nonce: Long;
  readonly serverNonce: Long;
  readonly newNonce?: Buffer;
  readonly temporary?: IgeKey;
}

/** The server's half of making an authorization key (core.telegram.org/mtproto/auth_key), for one socket. */
export class Handshake {
  readonly #key: ServerKey;
  #progress: Progress | undefined;

  constructor(key: ServerKey) {
    this.#key = key;
  }

  /** Answers one unencrypted request; throws when the client departs from the protocol. */
  step(request: TlObject): HandshakeStep {
    if (request instanceof Api.ReqPqMulti || request instanceof Api.ReqPq) {
      return this.#offer(request.nonce);
    }
    const progress = this.#progress;
    if (!progress) throw new Error(`${request.className} came before req_pq_multi`);
    if (request instanceof Api.ReqDHParams) return this.#exchange(request, progress);
    if (request instanceof Api.SetClientDHParams) return this.#finish(request, progress);
    throw new Error(`${request.className} came unencrypted`);
  }

  #offer(nonce: Long): HandshakeStep {
    const serverNonce = int128(fromBytes(randomBytes(16)));
    this.#progress = { nonce, serverNonce };
    return {
      reply: new Api.ResPQ({
        nonce,
        serverNonce,
        pq: PQ,
        serverPublicKeyFingerprints: [this.#key.fingerprint],
      }),
    };
  }

  #exchange(request: Api.ReqDHParams, { nonce, serverNonce }: Progress): HandshakeStep {
    if (!request.publicKeyFingerprint.eq(this.#key.fingerprint)) {
      throw new Error("the client chose a key that was not offered");
    }
    if (fromBytes(request.p) * fromBytes(request.q) !== fromBytes(PQ)) {
      throw new Error("the client's factors are wrong");
    }
    const inner = this.#openInner(request.encryptedData);
    if (!inner.serverNonce.eq(serverNonce)) throw new Error("the inner nonce differs");
    const newNonce = toLittleEndian(toBigInt(inner.newNonce), 32);
    const temporary = temporaryKey(newNonce, toLittleEndian(toBigInt(serverNonce), 16));
    this.#progress = { nonce, serverNonce, newNonce, temporary };
    const answer = new Api.ServerDHInnerData({
      nonce,
      serverNonce,
      g: Number(GENERATOR),
      dhPrime: PRIME_BYTES,
      gA: this.#key.publicValue,
      serverTime: now(),
    }).getBytes();
    const hashed = Buffer.concat([sha1(answer), answer]);
    const padding = randomBytes((16 - (hashed.length % 16)) % 16);
    const encryptedAnswer = igeEncrypt(temporary, Buffer.concat([hashed, padding]));
    return { reply: new Api.ServerDHParamsOk({ nonce, serverNonce, encryptedAnswer }) };
  }

  #openInner(encrypted: Buffer): Api.PQInnerData | Api.PQInnerDataDc {
    const raw = privateDecrypt(
      { key: this.#key.privateKey, padding: constants.RSA_NO_PADDING },
      encrypted,
    );
    const key = xor(raw.subarray(0, 32), sha256(raw.subarray(32)));
    const data = igeDecrypt({ key, iv: Buffer.alloc(32) }, raw.subarray(32));
    const padded = backwards(data.subarray(0, 192));
    if (sha256(key, padded).equals(data.subarray(192))) return innerData(decode(padded));
    const inner = innerData(decode(raw.subarray(21)));
    if (raw[0] !== 0 || !sha1(inner.getBytes()).equals(raw.subarray(1, 21))) {
      throw new Error("the RSA block carries the wrong hash");
    }
    return inner;
  }

  #finish(request: Api.SetClientDHParams, progress: Progress): HandshakeStep {
    const { nonce, serverNonce, newNonce, temporary } = progress;
    if (!newNonce || !temporary) throw new Error("set_client_DH_params came before req_DH_params");
    const plain = igeDecrypt(temporary, request.encryptedData);
    const inner = decode(plain.subarray(20));
    if (!(inner instanceof Api.ClientDHInnerData))
      throw new Error("no client_DH_inner_data inside");
    if (!sha1(inner.getBytes()).equals(plain.subarray(0, 20))) {
      throw new Error("client_DH_inner_data carries the wrong hash");
    }
    const authKey = toBytes(powmod(fromBytes(inner.gB), this.#key.secret, PRIME), 256);
    this.#progress = undefined;
    const auxiliary = sha1(authKey).subarray(0, 8);
    const hash = sha1(newNonce, Buffer.from([1]), auxiliary).subarray(4);
    const newNonceHash1 = int128(fromLittleEndian(hash));
    return { reply: new Api.DhGenOk({ nonce, serverNonce, newNonceHash1 }), authKey };
  }
}

function innerData(object: TlObject): Api.PQInnerData | Api.PQInnerDataDc {
  if (object instanceof Api.PQInnerData || object instanceof Api.PQInnerDataDc) return object;
  throw new Error(`${object.className} is no p_q_inner_data`);
}

function temporaryKey(newNonce: Buffer, serverNonce: Buffer): IgeKey {
  const crossed = sha1(serverNonce, newNonce);
  return {
    key: Buffer.concat([sha1(newNonce, serverNonce), crossed.subarray(0, 12)]),
    iv: Buffer.concat([crossed.subarray(12), sha1(newNonce, newNonce), newNonce.subarray(0, 4)]),
  };
}
