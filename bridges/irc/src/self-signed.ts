import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

/**
 * A certificate of one fixed form (RFC 5280, 4.1), as small as one can be: Node signs and reads
 * certificates but does not write them. Its values are in DER (X.690).
 */

const universal = {
  integer: 0x02,
  bits: 0x03,
  oid: 0x06,
  utf8: 0x0c,
  /** With two digits of the year: what every date before 2050 has to have (RFC 5280, 4.1.2.5). */
  soon: 0x17,
  late: 0x18,
  sequence: 0x30,
  set: 0x31,
  version: 0xa0,
} as const;

function der(tag: keyof typeof universal, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  const { length } = body;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([universal[tag], ...size]), body]);
}

/** ecdsa-with-SHA256, 1.2.840.10045.4.3.2 (RFC 5758, 3.2) */
const algorithm = der("sequence", der("oid", Buffer.from("2a8648ce3d040302", "hex")));
/** id-at-commonName, 2.5.4.3 */
const commonName = der("oid", Buffer.from("550403", "hex"));

/** From 2020 on; the last one means that there is no end (RFC 5280, 4.1.2.5). */
const validity = der(
  "sequence",
  der("soon", Buffer.from("200101000000Z")),
  der("late", Buffer.from("99991231235959Z")),
);

/** Positive and not zero, of 16 bytes. */
function serial(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return der("integer", bytes);
}

/** A new key on P-256 and a certificate that it signed itself, both as PEM; `name` is at most 64 characters. */
export function selfSigned(name: string): { readonly cert: string; readonly key: string } {
  const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const called = der("utf8", Buffer.from(name.slice(0, 64), "utf8"));
  const who = der("sequence", der("set", der("sequence", commonName, called)));
  const publicKey = pair.publicKey.export({ type: "spki", format: "der" });
  const version3 = der("version", der("integer", Buffer.from([2])));
  const first = Buffer.concat([version3, serial(), algorithm, who]);
  const signed = der("sequence", first, validity, who, publicKey);
  const signature = der("bits", Buffer.from([0]), sign("sha256", signed, pair.privateKey));
  const whole = der("sequence", signed, algorithm, signature).toString("base64");
  const lines = whole.match(/.{1,64}/g) ?? [];
  return {
    cert: ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n"),
    key: pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}
