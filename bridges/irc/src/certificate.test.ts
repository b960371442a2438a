import assert from "node:assert/strict";
import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import { describe, it } from "node:test";
import { selfSigned } from "../../../test/networks/irc/index.ts";
import {
  fingerprints,
  fromStored,
  makeCertificate,
  readCertificate,
  toStored,
} from "./certificate.ts";

const blank = /\s+/g;

describe("a client certificate", () => {
  it("is made so that others can read it, never the same twice, and has no end", () => {
    const made = makeCertificate("alice[m]");
    const read = new X509Certificate(made.cert);
    assert.equal(read.subject, "CN=alice[m]");
    assert.ok(read.verify(read.publicKey), "it signed itself");
    assert.ok(read.checkPrivateKey(createPrivateKey(made.key)));
    assert.equal(read.validToDate.getUTCFullYear(), 9999);
    assert.notEqual(fingerprints(made).sha256, fingerprints(makeCertificate("alice[m]")).sha256);
  });

  it("says when it begins in the form that RFC 5280 has for that year", () => {
    const { raw } = new X509Certificate(makeCertificate("x").cert);
    const begin = Buffer.concat([Buffer.from([0x17, 13]), Buffer.from("200101000000Z")]);
    const end = Buffer.concat([Buffer.from([0x18, 15]), Buffer.from("99991231235959Z")]);
    assert.ok(raw.includes(Buffer.concat([begin, end])));
  });

  it("has the fingerprints that everybody computes", () => {
    const made = makeCertificate("x");
    const { sha256, sha512 } = fingerprints(made);
    const { raw, fingerprint256 } = new X509Certificate(made.cert);
    assert.equal(sha256, fingerprint256.replaceAll(":", "").toLowerCase());
    assert.equal(sha512, createHash("sha512").update(raw).digest("hex"));
  });

  it("is stored on two lines and read again as it was", () => {
    const made = makeCertificate("x");
    const stored = toStored(made);
    assert.doesNotMatch(stored.cert + stored.key, /\s/);
    assert.deepEqual(fromStored(stored), made);
  });

  it("is taken as openssl makes it, whatever a chat does to its lines", async () => {
    const { key, cert } = await selfSigned();
    const sha256 = new X509Certificate(cert).fingerprint256.replaceAll(":", "").toLowerCase();
    for (const text of [key + cert, `${cert}\r\n${key}`.replaceAll("\n", "\r\n")]) {
      assert.equal(fingerprints(readCertificate(text)).sha256, sha256);
    }
    const flat = `${cert} ${key}`.replace(blank, " ");
    assert.equal(fingerprints(readCertificate(flat)).sha256, sha256);
  });

  it("is refused with what is wrong, and nothing of it in the sentence", () => {
    const [one, other] = [makeCertificate("one"), makeCertificate("other")];
    const locked = createPrivateKey(one.key)
      .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" })
      .toString();
    const cases: readonly (readonly [string, RegExp])[] = [
      ["hunter2", /there is no certificate in it/],
      [`hunter2 ${one.cert}`, /there is no private key in it/],
      [one.cert + locked, /has a passphrase/],
      [one.cert + other.key, /belongs to another one/],
      [one.cert.replace(/\n.{20}/, "\n") + one.key, /cannot be read/],
    ];
    for (const [text, says] of cases) {
      assert.throws(
        () => readCertificate(text),
        (error) => {
          assert.ok(error instanceof Error);
          assert.match(error.message, says);
          assert.doesNotMatch(error.message, /hunter2|MII/);
          return true;
        },
      );
    }
  });
});
