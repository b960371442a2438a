// Accounts on a real Ergo: proved by SCRAM-SHA-256 and by a certificate, as its own services see it.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { scriptedLogin } from "@bridgebox/core/testing";
import type { LoginUi } from "@bridgebox/core/adapter";
import { clientOptions } from "../../bridges/irc/src/identity.ts";
import { certificate } from "../../bridges/irc/src/login-certificate.ts";
import { configured } from "../../bridges/irc/src/testing/fixture.ts";
import { visit } from "../../bridges/irc/src/visit.ts";
import { freePort } from "../free-port.ts";
import { IrcPerson, selfSigned } from "../networks/irc/index.ts";
import type { Listening } from "./servers/child.ts";
import { startErgo, whyNoErgo } from "./servers/ergo.ts";

const signal = (): AbortSignal => AbortSignal.timeout(20_000);

describe("an account on a real Ergo", () => {
  const dir = mkdtempSync(join(tmpdir(), "bridgebox-ergo-account-"));
  const password = "correct=horse,battery";
  let missing: string | undefined;
  let server: Listening;

  before(async () => {
    missing = await whyNoErgo();
    if (missing !== undefined && process.env["CI"] === "true") throw new Error(missing);
    if (missing !== undefined) return;
    server = await startErgo(dir, { port: await freePort(), tls: await selfSigned() });
  });
  after(async () => {
    if (missing === undefined) await server.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const registered = async (nick: string): Promise<IrcPerson> => {
    const person = await IrcPerson.connect({ port: server.port, secure: true, nick });
    await person.command(`REGISTER * * :${password}`);
    return person;
  };
  const config = () => configured(server, { tls: true, tls_insecure: true, channels: [] });

  test("is logged in to by SCRAM-SHA-256, where PLAIN is out of the question", async (t) => {
    if (missing !== undefined) return t.skip(missing);
    const carol = await registered("carol");
    t.after(() => carol.close());
    const login = { account: { nick: "caro" }, role: "user" } as const;
    const plain = clientOptions({ config: config(), ca: undefined, certificate: undefined }, login);
    const by = (word: string) =>
      visit(
        {
          ...plain,
          credentials: { by: "password", account: "carol", password: word, sealed: false },
        },
        signal(),
      );
    assert.equal(await by(password), undefined);
    assert.equal((await by("wrong"))?.sasl, "fail");
    return undefined;
  });

  test("is logged in to with a certificate, once its services were told of it as the bot says", async (t) => {
    if (missing !== undefined) return t.skip(missing);
    const dora = await registered("dora");
    t.after(() => dora.close());
    const script = scriptedLogin({
      answers: { nick: "dori", certificate: "new", done: "done" },
    });
    const said: string[] = [];
    const ask: LoginUi["ask"] = async (fields, say) => {
      if (say !== undefined) said.push(say);
      const add = /CERT ADD [0-9a-f]{64} /.exec(said[0] ?? "")?.[0].trim();
      if (said.length === 2 && add !== undefined) await dora.command(`NS ${add}`);
      return script.ui.ask(fields, say);
    };
    const ui = { ...script.ui, ask };
    const [login] = await certificate.run(ui, { config: config(), signal: signal() });
    assert.equal(login?.id, "dori");
    assert.match(said[1] ?? "", /do not know it yet/);
    return undefined;
  });
});
