import { createPublicKey, type KeyObject } from "node:crypto";

const labels = ["RSA PUBLIC KEY", "PUBLIC KEY"];

/** An RSA public key from PEM, or from its base64 alone; nothing where it is none. */
export const parseServerKey = (text: string): KeyObject | undefined => {
  const body = text.trim();
  const wrap = (label: string) => `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----`;
  const forms = body.startsWith("-----BEGIN") ? [body] : labels.map(wrap);
  for (const form of forms) {
    try {
      const key = createPublicKey(form);
      if (key.asymmetricKeyType === "rsa") return key;
    } catch {
      // The next form may fit; nothing is what says that none did.
    }
  }
  return undefined;
};
