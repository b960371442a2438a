import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { LoginUi } from "@bridgebox/core/adapter";
import { configSchema, floodOf, portOf } from "./config.ts";
import { nick } from "./login.ts";

const parse = (more: Readonly<Record<string, unknown>>) =>
  configSchema.parse({ server: "irc.example", nick: "bridge", ...more });

function parsed(more: Readonly<Record<string, unknown>> = {}) {
  const result = parse(more);
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
}

const paths = (more: Readonly<Record<string, unknown>>) => {
  const result = parse(more);
  return result.ok ? [] : result.problems.map(({ path }) => path.join("."));
};

describe("the config", () => {
  it("needs a server and a nick only, and is careful by default", () => {
    const config = parsed();
    assert.equal(portOf(config), 6697);
    assert.equal(portOf(parsed({ tls: false })), 6667);
    assert.equal(portOf(parsed({ port: 7000 })), 7000);
    assert.deepEqual(floodOf(config), { lines: 5, perMs: 10_000 });
    assert.equal(floodOf(parsed({ flood: "off" })), undefined);
    assert.equal(config.max_age, 600);
  });

  it("names what is wrong, all of it at once", () => {
    assert.deepEqual(
      paths({
        nick: "1x",
        channels: ["#ok", "#a,#b"],
        reconnect: { min_seconds: 9, max_seconds: 2 },
      }),
      ["nick", "channels.1", "reconnect.max_seconds"],
    );
    for (const server of ["irc.example:6697", "ircs://irc.example", "[::1]:6697"])
      assert.deepEqual(paths({ server }), ["server"], server);
    for (const server of ["10.0.0.1", "::1", "2001:db8::7", "my_irc"])
      assert.deepEqual(paths({ server }), [], server);
    assert.deepEqual(paths({ serverr: "x" }), ["serverr"]);
    assert.deepEqual(paths({ flood: { lines: 1 } }), ["flood.lines"]);
    assert.deepEqual(paths({ sasl: { account: "a" } }), ["sasl.password"]);
  });

  it("takes a certificate with its key, on TLS and instead of an account", () => {
    const both = { tls_cert: "/a.crt", tls_key: "/a.key" };
    assert.deepEqual(paths(both), []);
    assert.deepEqual(paths({ tls_cert: "/a.crt" }), ["tls_key"]);
    assert.deepEqual(paths({ tls_key: "/a.key" }), ["tls_cert"]);
    const sasl = { account: "a", password: "b" };
    assert.deepEqual(paths({ ...both, sasl, tls: false }), ["tls_cert", "sasl"]);
  });

  it("keeps secrets out of what it says", () => {
    const result = parse({ password: 12345678, sasl: { account: "a", password: "s3cret\n" } });
    assert.doesNotMatch(JSON.stringify(result), /s3cret|12345678/);
  });
});

describe("the login", () => {
  const ui = (answers: Readonly<Record<string, string>>): LoginUi => ({
    // The driver gives an answer for every field it was asked for.
    ask: async (fields) =>
      Object.fromEntries(fields.map(({ key }) => [key, answers[key] ?? ""])) as never,
    show: () => ({ done: new AbortController().signal, close: () => undefined }),
    redirect: () => Promise.reject(new Error("not asked")),
    cookies: () => Promise.reject(new Error("not asked")),
  });
  const run = (answers: Readonly<Record<string, string>>) =>
    nick.run(ui(answers), { config: parsed(), signal: new AbortController().signal });

  it("takes a nick alone, or one with an account", async () => {
    const [plain] = await run({ nick: "Alice" });
    assert.deepEqual(plain, {
      id: "alice",
      user: "alice",
      name: "Alice",
      role: "user",
      account: { nick: "Alice" },
    });
    const [full] = await run({ nick: "a[b]", account: " acc ", password: " pass word " });
    assert.deepEqual(full?.account, {
      nick: "a[b]",
      sasl: { account: "acc", password: " pass word " },
    });
    assert.equal(full.id, "a{b}");
  });
});
