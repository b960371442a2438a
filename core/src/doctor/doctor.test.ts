import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { writeRegistration } from "@bridgebox/registration";
import type { Registration } from "@bridgebox/registration";
import type { Finding } from "../adapter/index.ts";
import { BridgeError } from "../adapter/index.ts";
import { acme } from "../config/fixture.ts";
import { lookAtKey } from "./box-key.ts";
import { lookAtDisk } from "./disk.ts";
import { lookAtHomeserverConfig } from "./homeserver-config.ts";
import { runDoctor } from "./index.ts";
import { whyNothing } from "./ask.ts";
import { configFor, doctor, knowing, path, registered, serve, inFolder } from "./fixture.ts";
import { lookAtNetworks } from "./networks.ts";
import { lookAtRegistration } from "./registration.ts";

inFolder("each problem of a config is a failure, and the rest waits for it", async () => {
  writeFileSync(path("config.yaml"), "homeserver:\n  addres: x\nnetworks: {}\n");
  const { code, text } = await doctor();
  assert.equal(code, 40);
  assert.match(
    text,
    /^failed {3}config: .*config\.yaml:2: homeserver\.addres is not a known key\.\n +→ Put address, or remove it\.$/m,
  );
  assert.match(text, /^skipped {2}everything else: /m);
  rmSync(path("config.yaml"));
  assert.match(
    (await doctor()).text,
    /^failed {3}config: .*could not be read: there is no such file \(ENOENT\)\.\n +→ Make it with `npm run init`, or/m,
  );
});

inFolder("wrong use is 1, with the options", async () => {
  const { code, text } = await doctor(undefined, ["--jsno"]);
  assert.equal(code, 1);
  assert.match(text, /^Nothing was looked at: there is no option --jsno\. Did you mean --json\?\n/);
  assert.match(text, /--homeserver-config FILE/);
});

inFolder(
  "without a registration it says how to make one, and no secret of the config is told",
  async () => {
    await configFor("http://127.0.0.1:9");
    chmodSync(path("config.yaml"), 0o644);
    const { code, text } = await doctor();
    assert.equal(code, 40);
    assert.match(
      text,
      /^failed {3}registration: There is no registration at .*\n +→ Run `npm run register -- -c /m,
    );
    assert.match(text, /^warning {2}config mode: /m);
    assert.match(text, /^skipped {2}ping: /m);
    assert.doesNotMatch(text, /hunter2/);
  },
);

inFolder("what answers a ping and is not this box is told", async () => {
  let registration: Registration | undefined;
  const address = await serve(knowing(() => registration));
  registration = registered(await configFor(address));
  const { code, text } = await doctor();
  assert.equal(code, 40);
  assert.match(text, /^failed {3}ping: The homeserver reaches something else/m);
  assert.match(text, /^ok {7}as_token: It is the bot's, @bridgebox:server\.test\.$/m);
  assert.match(text, /^ok {7}homeserver: .* up to v1\.12\.$/m);
  assert.match(text, /^ok {7}media: .* up to 50 MiB\.$/m);
  assert.match(text, /\n1 failed, /);
  assert.doesNotMatch(text, new RegExp(`${registration.as_token}|${registration.hs_token}`));
});

inFolder("the homeserver's own name is told where the config has another", async () => {
  let registration: Registration | undefined;
  const address = await serve((url, token) =>
    url.endsWith("/whoami")
      ? { body: { user_id: "@bridgebox:real.test" } }
      : knowing(() => registration)(url, token),
  );
  registration = registered(await configFor(address));
  const { text } = await doctor();
  assert.match(
    text,
    /^failed {3}as_token: The homeserver is called real\.test.*\n +→ Put real\.test into homeserver\.domain/m,
  );
});

inFolder("a homeserver that knows the token and refuses the bot is told apart", async () => {
  let registration: Registration | undefined;
  const address = await serve((url, token) =>
    url.endsWith("/whoami")
      ? { status: 403, body: { errcode: "M_FORBIDDEN" } }
      : knowing(() => registration)(url, token),
  );
  registration = registered(await configFor(address));
  assert.match(
    (await doctor()).text,
    /^failed {3}as_token: .*refuses it to @bridgebox:server\.test/m,
  );
});

inFolder("a clock that is far from the homeserver's is a failure", async () => {
  const address = await serve(
    knowing(() => undefined),
    { date: new Date(Date.now() - 3_600_000).toUTCString() },
  );
  registered(await configFor(address));
  assert.match(
    (await doctor()).text,
    /^failed {3}clock: This machine's clock is 36\d\d s ahead of/m,
  );
});

inFolder("what is no homeserver, and one that cannot ping, are told apart", async () => {
  registered(await configFor(await serve(() => ({ status: 404, body: {} }))));
  assert.match((await doctor()).text, /^failed {3}homeserver: At http.* there is no homeserver/m);
  registered(await configFor(await serve(() => ({ body: { versions: ["v1.5"] } }))));
  assert.match((await doctor()).text, /^warning {2}features: .*not say so of appservice ping/m);
});

inFolder(
  "a public address that leads elsewhere is told, and one that leads to more than it should",
  async () => {
    let registration: Registration | undefined;
    const address = await serve(knowing(() => registration));
    const strange = await serve(() => ({ body: { hello: "world" } }));
    registration = registered(await configFor(address, `  public_address: ${strange}`));
    assert.match(
      (await doctor()).text,
      /^failed {3}public address: .*\/network does not lead to the box/m,
    );
    const { appservice } = await configFor(address, "  public_address: http://127.0.0.1:1");
    const open = `  public_address: http://127.0.0.1:${appservice.port}`;
    writeFileSync(
      path("config.yaml"),
      `homeserver: { address: "${address}", domain: server.test }\nappservice:\n  port: ${appservice.port}\n${open}\nnetworks: { acme: { server: acme.test } }\n`,
    );
    assert.match((await doctor()).text, /^warning {2}public address: .*more of it than/m);
  },
);

inFolder(
  "a network's findings are its lines; what it throws is one, and so is silence",
  async () => {
    registered(await configFor("http://127.0.0.1:9"));
    const found: readonly Finding[] = [
      { what: "token", state: "ok", says: "It is Ana's." },
      { what: "scopes", state: "warning", says: "One is missing.", fix: "Add it." },
    ];
    const good = await doctor(() => Promise.resolve(found));
    assert.match(good.text, /^ok {7}acme: token: It is Ana's\.$/m);
    assert.match(good.text, /^warning {2}acme: scopes: One is missing\.\n +→ Add it\.$/m);
    const facts = { reached: "no", scope: "network" } as const;
    const thrown = await doctor(() =>
      Promise.reject(new BridgeError("auth", "The token is over. Make a new one.", facts)),
    );
    assert.match(thrown.text, /^failed {3}acme: The token is over\.\n +→ Make a new one\.$/m);
    assert.match((await doctor()).text, /^skipped {2}acme: /m);
  },
);

inFolder("a network that never answers is one line, and holds nobody up", async () => {
  const { networks } = await configFor("http://127.0.0.1:9");
  const never = { ...acme, check: () => new Promise<never>(() => undefined) };
  const { signal } = new AbortController();
  const [found] = await lookAtNetworks(networks, new Map([["acme", never]]), signal, 50);
  assert.deepEqual([found?.check, found?.state], ["acme", "failed"]);
  assert.match(found?.says ?? "", /did not answer within 0\.05 s/);
});

inFolder("interrupted it says nothing more, and that it was", async () => {
  registered(await configFor("http://127.0.0.1:9"));
  const stop = new AbortController();
  let text = "";
  const say = (line: string): void => {
    text += `${line}\n`;
    stop.abort();
  };
  const source = { env: {}, adapters: { acme: async () => acme } };
  const argv = ["-c", path("config.yaml")];
  const code = await runDoctor({ argv, source, say, complain: say, signal: stop.signal });
  assert.equal(code, 130);
  assert.match(text, /^ok {7}config: .*\nIt was interrupted\.\n$/);
});

inFolder("an address that is none is told like one that does not answer", () => {
  assert.match(whyNothing("ERR_INVALID_URL", "http://a:b:c"), /^http:\/\/a:b:c is no address$/);
});

inFolder("JSON has the same lines", async () => {
  registered(await configFor("http://127.0.0.1:9"));
  const { code, text } = await doctor(undefined, ["--json"]);
  const report: unknown = JSON.parse(text);
  assert.ok(typeof report === "object" && report !== null && "ok" in report && "checks" in report);
  assert.equal(report.ok, code === 0);
  assert.ok(Array.isArray(report.checks) && report.checks.length > 15);
});

inFolder(
  "a bot outside of the namespaces, and no ephemeral events, are failures with a fix",
  async () => {
    const config = await configFor("http://127.0.0.1:9");
    const made = registered(config);
    const changed = { ...made, sender_localpart: "olden", receive_ephemeral: false };
    writeRegistration(path("registration.yaml"), changed);
    const { checks } = lookAtRegistration(config, "config.yaml", path("registration.yaml"));
    const failures = checks.filter(({ state }) => state === "failed").map(({ check }) => check);
    assert.deepEqual(failures, ["registration match", "bot", "ephemeral"]);
    assert.match(checks.find(({ check }) => check === "bot")?.fix ?? "", /put olden back/);
    chmodSync(path("registration.yaml"), 0o640);
    const group = lookAtRegistration(config, "config.yaml", path("registration.yaml"));
    assert.equal(group.checks[1]?.state, "warning");
    writeFileSync(path("registration.yaml"), "as_token: hunter2");
    const broken = lookAtRegistration(config, "config.yaml", path("registration.yaml"));
    assert.equal(broken.registration, undefined);
    assert.doesNotMatch(JSON.stringify(broken), /hunter2/);
  },
);

inFolder(
  "a slow disk is a warning, one that takes nothing a failure, and nothing is left on it",
  async () => {
    const config = await configFor("http://127.0.0.1:9");
    assert.equal(lookAtDisk(config, () => 3).state, "ok");
    assert.equal(lookAtDisk(config, () => 45).state, "warning");
    const full = lookAtDisk(config, () => {
      throw Object.assign(new Error("full"), { code: "ENOSPC" });
    });
    assert.deepEqual([full.state, full.fix], ["failed", "Make room on that disk."]);
    const inner = { ...config, database: { ...config.database, path: path("new/deep/box.db") } };
    assert.notEqual(lookAtDisk(inner).state, "failed");
    assert.equal(existsSync(path("new")), false);
    assert.deepEqual(readdirSync(path("")), ["config.yaml"]);
    const folder = { ...config, database: { ...config.database, path: path("") } };
    assert.match(lookAtDisk(folder).says, /is a folder, and database\.path names a file/);
  },
);

inFolder(
  "a box key that is missing beside its database, or is none, is found before the start",
  async () => {
    const config = await configFor("http://127.0.0.1:9");
    const look = () => lookAtKey(config, "config.yaml");
    assert.equal((await look()).state, "skipped");
    writeFileSync(config.database.path, "a database");
    const lost = await look();
    assert.equal(lost.state, "failed");
    assert.match(lost.fix ?? "", /`npm start -- -c config\.yaml --forget-logins` once/);
    writeFileSync(config.database.keyFile, "short", { mode: 0o600 });
    const { says, fix } = await look();
    assert.match(says, /^The box key was not read: .* does not hold a key of 32 bytes\.$/);
    assert.equal(fix, "Put the right file back from your backup.");
    writeFileSync(config.database.keyFile, Buffer.alloc(32).toString("base64"));
    assert.equal((await look()).state, "ok");
    rmSync(config.database.keyFile);
    mkdirSync(config.database.keyFile, { mode: 0o700 });
    assert.match((await look()).says, /is a folder \(EISDIR\)/);
  },
);

inFolder(
  "the homeserver's config: named, a copy, an older copy, hidden, not named, not closed",
  async () => {
    const config = await configFor("http://127.0.0.1:9");
    const registration = registered(config);
    const ours = path("registration.yaml");
    const look = (text: string) => {
      writeFileSync(path("homeserver.yaml"), text);
      return lookAtHomeserverConfig({ file: path("homeserver.yaml"), path: ours, registration });
    };
    writeRegistration(path("copy.yaml"), registration);
    writeRegistration(path("older.yaml"), { ...registration, hs_token: "x" });
    mkdirSync(path("closed"));
    const list = (name: string) => `app_service_config_files:\n  - ${name}\n`;
    for (const [text, state, says] of [
      [list(ours), "ok", /names/],
      [list("copy.yaml"), "ok", /names copy\.yaml/],
      [`app_service_api:\n  config_files: [${ours}]\n`, "ok", /names/],
      [list(ours).trimEnd(), "warning", /no line break at its end/],
      [list("older.yaml"), "failed", /older copy/],
      [`a: 1\n# vim:ft=yaml${list(ours)}`, "failed", /^Line 2 of .*behind other text/],
      [list("closed"), "warning", /names closed, which cannot be read/],
      ["a: 1", "failed", /does not name .* It has no line break at its end/],
      ["a: [", "failed", /is not YAML/],
      [`a: 1\na: 2\n${list(ours)}`, "ok", /names/],
      [
        `${list(ours)}b: 1\n${list("other.yaml")}`,
        "failed",
        /^Lines 1 and 4 of .*the last one only/,
      ],
    ] as const) {
      const found = look(text);
      assert.equal(found.state, state, `${text}: ${found.says}`);
      assert.match(found.says, says);
    }
    const absent = lookAtHomeserverConfig({ file: path("none.yaml"), path: ours, registration });
    assert.match(absent.says, /could not be read \(ENOENT\)/);
  },
);
