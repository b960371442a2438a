import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { describe, it } from "node:test";
import type { LoginUi } from "@bridgebox/core/adapter";
import { scriptedLogin } from "@bridgebox/core/testing";
import { selfSigned } from "../../../test/networks/irc/index.ts";
import type { IrcOptions } from "../../../test/networks/irc/index.ts";
import { fingerprints, makeCertificate, toStored } from "./certificate.ts";
import { check } from "./check.ts";
import { certificate } from "./login-certificate.ts";
import { configured, puppetOn, relayOn, serverFor } from "./testing/fixture.ts";

const quick = { tls: true, tls_insecure: true, channels: [] };

/** A TLS server whose services know what stands in the map. */
const secured = async (t: TestContext, more: IrcOptions = {}) => {
  const known = new Map<string, string>();
  const server = await serverFor(t, { tls: await selfSigned(), certificates: known, ...more });
  return { server, known };
};

/** Files of the config, which end with the test. */
const filed = async (t: TestContext, files: Readonly<Record<string, string>>) => {
  const dir = await mkdtemp(join(tmpdir(), "irc-cert-"));
  t.after(() => rm(dir, { recursive: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text);
  return (name: string): string => join(dir, name);
};

/** Answers a login, and is told what stands before each question. */
const playing = (
  answers: Readonly<Record<string, string>>,
  onSay: (say: string) => void = () => undefined,
) => {
  const script = scriptedLogin({ answers });
  const ask: LoginUi["ask"] = (fields, say) => {
    if (say !== undefined) onSay(say);
    return script.ui.ask(fields, say);
  };
  return { ...script, ui: { ...script.ui, ask } };
};

describe("SASL EXTERNAL", () => {
  it("logs a person in with a certificate that the services know", async (t) => {
    const { server, known } = await secured(t);
    const own = makeCertificate("carol");
    known.set(fingerprints(own).sha256, "carol");
    const relay = await relayOn(t, server, { more: quick });
    const puppet = await puppetOn(t, relay, { nick: "caro", certificate: toStored(own) });
    assert.equal(server.lookup("caro")?.account, "carol");
    assert.equal(puppet.host.states.at(-1)?.state, "connected");
    assert.equal(server.lookup("bridge")?.account, undefined, "the relay has none");
  });

  it("says where SASL is not to be had", async (t) => {
    const { server, known } = await secured(t, { mechanisms: [] });
    const own = makeCertificate("carol");
    known.set(fingerprints(own).sha256, "carol");
    const relay = await relayOn(t, server, { more: quick });
    const puppet = await puppetOn(t, relay, { nick: "caro", certificate: toStored(own) });
    assert.match(puppet.host.states.at(-1)?.why?.message ?? "", /does not offer SASL/);
  });

  it("says which certificate is not known, how it becomes known, and does not try again", async (t) => {
    const { server } = await secured(t);
    const own = makeCertificate("carol");
    const relay = await relayOn(t, server, { more: quick });
    const puppet = await puppetOn(t, relay, { nick: "caro", certificate: toStored(own) });
    const last = puppet.host.states.at(-1);
    assert.equal(last?.state, "needs-login");
    const { sha256, sha512 } = fingerprints(own);
    assert.equal(
      last?.why?.message,
      `Not logged in to IRC – no account there has the certificate ${sha256}. Register it: from a client that is logged in to the account write /msg NickServ CERT ADD ${sha256} (SHA-256, most networks) or /msg NickServ CERT ADD ${sha512} (SHA-512, such as Libera). Then log in again.`,
    );
  });

  it("says where certificates are not taken, and where there is no TLS to show them", async (t) => {
    const { server } = await secured(t, { mechanisms: ["PLAIN"] });
    const stored = toStored(makeCertificate("carol"));
    const relay = await relayOn(t, server, { more: quick });
    const puppet = await puppetOn(t, relay, { nick: "caro", certificate: stored });
    assert.match(
      puppet.host.states.at(-1)?.why?.message ?? "",
      /does not take certificates \(SASL EXTERNAL\)/,
    );
    const plain = await serverFor(t);
    const open = await relayOn(t, plain, { more: { channels: [] } });
    const bare = await puppetOn(t, open, { nick: "caro", certificate: stored });
    const last = bare.host.states.at(-1);
    assert.equal(last?.state, "needs-login");
    assert.match(last?.why?.message ?? "", /encrypted connections only/);
  });

  it("of the relay comes from two files of the config", async (t) => {
    const { server, known } = await secured(t);
    const own = makeCertificate("bridge");
    const at = await filed(t, { "a.crt": own.cert, "a.key": own.key, "b.key": "none" });
    const more = { ...quick, tls_cert: at("a.crt"), tls_key: at("a.key") };
    const unknown = await relayOn(t, server, { more });
    assert.match(
      unknown.host.states.at(-1)?.why?.message ?? "",
      /Register it: .* Then restart the box\.$/,
    );
    const [failed] = await check(configured(server, more), AbortSignal.timeout(10_000));
    assert.match(failed?.fix ?? "", /CERT ADD/);
    known.set(fingerprints(own).sha256, "box");
    await relayOn(t, server, { more });
    assert.equal(server.lookup("bridge")?.account, "box");
    const [found] = await check(configured(server, more), AbortSignal.timeout(10_000));
    assert.match(found?.says ?? "", /an account there has its certificate\.$/);
    await assert.rejects(
      relayOn(t, server, { more: { ...more, tls_key: at("b.key") } }),
      /^BridgeError: IRC was not started: .* no private key in it.* Check tls_cert and tls_key\.$/,
    );
    await assert.rejects(
      relayOn(t, server, { more: { ...more, tls_key: at("c.key") } }),
      /the file in tls_key cannot be read/,
    );
  });
});

describe("the login with a certificate", () => {
  it("makes one, shows its fingerprint, and waits until the services know it", async (t) => {
    const { server, known } = await secured(t);
    const config = configured(server, quick);
    const said: string[] = [];
    const { ui, asked, signal } = playing(
      { nick: "Carol", certificate: "new", done: "done" },
      (say) => {
        said.push(say);
        const print = /CERT ADD ([0-9a-f]{64}) /.exec(said[0] ?? "")?.[1];
        if (said.length === 2 && print !== undefined) known.set(print, "carol");
      },
    );
    const [login] = await certificate.run(ui, { config, signal });
    assert.deepEqual(asked, ["nick", "certificate", "done", "done"]);
    assert.match(said[1] ?? "", /do not know it yet/);
    assert.equal(login?.id, "carol");
    const relay = await relayOn(t, server, { more: quick });
    await puppetOn(t, relay, login.account);
    assert.equal(server.lookup("Carol")?.account, "carol");
  });

  it("takes one that is pasted, and keeps it when the login is made again", async (t) => {
    const { server, known } = await secured(t);
    const config = configured(server, quick);
    const { key, cert } = await selfSigned();
    const print = new X509Certificate(cert).fingerprint256.replaceAll(":", "").toLowerCase();
    known.set(print, "carol");
    const answers = { nick: "carol", certificate: `${cert}${key}`, done: "done" };
    const first = playing(answers);
    const [login] = await certificate.run(first.ui, { config, signal: first.signal });
    assert.ok(login);
    const again = playing({ ...answers, certificate: "keep" });
    const relogin = { id: login.id, account: login.account };
    const [kept] = await certificate.run(again.ui, { config, signal: again.signal, relogin });
    assert.deepEqual(kept, login);
    const without = playing({ ...answers, certificate: "keep" });
    await assert.rejects(
      certificate.run(without.ui, { config, signal: without.signal }),
      /there is no certificate in it/,
    );
  });

  it("is not begun without TLS, nor gone on with where the server has no such thing", async (t) => {
    const { ui, signal, asked } = playing({ nick: "carol", certificate: "new", done: "done" });
    const plain = configured(await serverFor(t));
    await assert.rejects(certificate.run(ui, { config: plain, signal }), /without TLS/);
    assert.deepEqual(asked, []);
    const { server } = await secured(t, { mechanisms: ["PLAIN"] });
    const config = configured(server, quick);
    await assert.rejects(certificate.run(ui, { config, signal }), /does not take certificates/);
  });
});
