import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import { BridgeError } from "@bridgebox/core/adapter";
import { selfSigned } from "./self-signed.ts";

/** What a client proves its account with: both as PEM, the key unencrypted. */
export interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
}

/** The same as an account stores it: DER in base64, each on one line; the key as PKCS #8. */
export interface StoredCertificate {
  readonly cert: string;
  readonly key: string;
}

/** What services know a certificate by, in lower-case hexadecimal. */
export interface Fingerprints {
  readonly sha256: string;
  readonly sha512: string;
}

export function fingerprints({ cert }: ClientCertificate): Fingerprints {
  const { raw } = new X509Certificate(cert);
  const print = (hash: string): string => createHash(hash).update(raw).digest("hex");
  return { sha256: print("sha256"), sha512: print("sha512") };
}

/** A new key, and a certificate for it. */
export const makeCertificate = (name: string): ClientCertificate => selfSigned(name);

const refuse = (why: string): BridgeError =>
  new BridgeError("invalid", `The certificate was not taken – ${why}`, {
    reached: "no",
    scope: "item",
  });

/** A block of PEM, put together anew: chats and forms make other line ends of it, or none. */
function block(text: string, label: RegExp): string | undefined {
  const pattern = new RegExp(
    `-----BEGIN (${label.source})-----([A-Za-z0-9+/=\\s]*?)-----END \\1-----`,
  );
  const [, name = "", body] = pattern.exec(text) ?? [];
  if (body === undefined) return undefined;
  const lines = body.replace(/\s+/g, "").match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${name}-----`, ...lines, `-----END ${name}-----`, ""].join("\n");
}

/**
 * Certificate and key out of what somebody wrote or a file has, the first of each.
 * @throws BridgeError with the sentence for what is wrong; nothing of the text is in it.
 */
export function readCertificate(text: string): ClientCertificate {
  const cert = block(text, /CERTIFICATE/);
  const key = block(text, /(?:EC |RSA )?PRIVATE KEY/);
  if (cert === undefined) {
    throw refuse("there is no certificate in it. Give both parts in PEM, from -----BEGIN on.");
  }
  if (key === undefined) {
    const locked = /BEGIN ENCRYPTED PRIVATE KEY|Proc-Type/.test(text);
    throw refuse(
      locked
        ? "its private key has a passphrase. Give it without one (openssl pkey -in old -out new)."
        : "there is no private key in it. Give both parts in PEM, from -----BEGIN on.",
    );
  }
  const pair = { cert, key };
  if (!belong(pair)) throw refuse("the private key belongs to another one. Give the two together.");
  return pair;
}

function belong({ cert, key }: ClientCertificate): boolean {
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch {
    throw refuse("one of its parts cannot be read. Give both in PEM, whole.");
  }
}

export const toStored = ({ cert, key }: ClientCertificate): StoredCertificate => ({
  cert: new X509Certificate(cert).raw.toString("base64"),
  key: createPrivateKey(key).export({ type: "pkcs8", format: "der" }).toString("base64"),
});

/** @throws BridgeError if what is stored is not one. */
export const fromStored = ({ cert, key }: StoredCertificate): ClientCertificate =>
  readCertificate(
    `-----BEGIN CERTIFICATE-----${cert}-----END CERTIFICATE----- -----BEGIN PRIVATE KEY-----${key}-----END PRIVATE KEY-----`,
  );
