import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { load } from "js-yaml";
import { runDoctor } from "@bridgebox/core/doctor";
import { runInit } from "@bridgebox/core/init";
import { irc } from "@bridgebox/irc";
import { IrcServer } from "../networks/irc/index.ts";
import { asBody, listOf, MatrixUser } from "../sandbox/client.ts";
import type { Body } from "../sandbox/client.ts";
import { SandboxHomeserver } from "../sandbox/homeserver/index.ts";
import type { Registration } from "../sandbox/homeserver/index.ts";
import { BoxChild } from "../stage/box-child.ts";
import { freePort } from "../free-port.ts";

const entry = fileURLToPath(new URL("../../bridgebox.js", import.meta.url));

/** An admin in an empty folder, with a homeserver and an IRC network. */
interface Setup {
  readonly dir: string;
  readonly homeserver: SandboxHomeserver;
  readonly irc: IrcServer;
  readonly box: BoxChild;
  readonly port: number;
  /** What the commands have said, all together. */
  readonly said: () => string;
  /** `npm run init` with the flags that this place needs. */
  init(...more: readonly string[]): Promise<Ended>;
  /** The homeserver reads the registration as it is now. */
  install(change?: (registration: Registration) => Registration): void;
  doctor(...more: readonly string[]): Promise<Verdict>;
  /** The same as a process of its own, as a person runs it. */
  command(...argv: readonly string[]): Promise<Ended>;
  read(name: string): string;
}

interface Ended {
  readonly code: number;
  readonly text: string;
}

interface Verdict extends Ended {
  /** The checks that failed, as `name: what is wrong → what to do`. */
  readonly failed: readonly string[];
  state(check: string): string | undefined;
}

const run = (argv: readonly string[], cwd: string): Promise<Ended> =>
  new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [entry, ...argv],
      { cwd, env: { ...process.env, NO_COLOR: "1" } },
      (_error, out, err) => resolve({ code: child.exitCode ?? -1, text: out + err }),
    );
    child.stdin?.end();
  });

/** In this process, which is many times faster than one for each look. */
const runHere = async (name: "init" | "doctor", argv: readonly string[]): Promise<Ended> => {
  let text = "";
  const line = (said: string): void => void (text += `${said}\n`);
  const source = { env: {}, adapters: { irc: () => Promise.resolve(irc) } };
  const common = { argv, source, say: line, complain: line };
  const code =
    name === "init"
      ? await runInit({ ...common, input: process.stdin, output: process.stdout })
      : await runDoctor({ ...common, signal: AbortSignal.timeout(30_000) });
  return { code, text };
};

const story = (name: string, tell: (setup: Setup) => Promise<void>): void => {
  void test(name, { timeout: 90_000 }, async () => {
    const dir = mkdtempSync(join(tmpdir(), "bridgebox-setup-"));
    const homeserver = await SandboxHomeserver.listen({ serverName: "sandbox.test" });
    const ircServer = await IrcServer.listen({ network: "TestNet", caps: [] });
    const port = await freePort();
    const box = new BoxChild(dir);
    let said = "";
    const command = async (...argv: string[]): Promise<Ended> => {
      const ended = await run(argv, dir);
      said += ended.text;
      return ended;
    };
    const within = async (name: "init" | "doctor", ...argv: string[]): Promise<Ended> => {
      const ended = await runHere(name, [...argv, "-c", join(dir, "config.yaml")]);
      said += ended.text;
      return ended;
    };
    const read = (file: string): string => readFileSync(join(dir, file), "utf8");
    const place = [
      `--homeserver=${homeserver.url}`,
      "--domain=sandbox.test",
      `--address=http://127.0.0.1:${port}`,
      "--admin=@ana:sandbox.test",
    ];
    const network = [
      "--network=irc:testnet",
      "--set=networks.testnet.server=127.0.0.1",
      `--set=networks.testnet.port=${ircServer.port}`,
      "--set=networks.testnet.tls=false",
    ];
    const setup: Setup = {
      dir,
      homeserver,
      irc: ircServer,
      box,
      port,
      said: () => said,
      read,
      command,
      init: (...more) => within("init", "--yes", ...place, ...network, ...more),
      install: (change = (it) => it) => {
        const registration = load(read("registration.yaml")) as Registration;
        homeserver.addAppservice(change(registration));
      },
      doctor: async (...more) => verdictOf(await within("doctor", "--json", ...more)),
    };
    try {
      await tell(setup);
      assert.deepEqual(ircServer.violations, []);
      assertNoSecret(setup);
    } finally {
      await box.stop();
      await homeserver.close();
      await ircServer.close();
      rmSync(dir, { recursive: true, force: true });
    }
  });
};

const verdictOf = (ended: Ended): Verdict => {
  const checks = listOf(asBody(JSON.parse(ended.text)), "checks");
  const text = (it: Body, key: string): string => String(it[key]);
  return {
    ...ended,
    failed: checks
      .filter((it) => it["state"] === "failed")
      .map((it) => `${text(it, "check")}: ${text(it, "says")} → ${text(it, "fix")}`),
    state: (check) => {
      const found = checks.find((it) => it["check"] === check);
      return found && text(found, "state");
    },
  };
};

/** Whatever was wrong, no token was told. */
const assertNoSecret = (setup: Setup): void => {
  const { as_token: as, hs_token: hs } = asBody(load(setup.read("registration.yaml")));
  for (const secret of [as, hs]) assert.ok(!setup.said().includes(String(secret)));
};

/** One failure, and nothing else than what rests on it. */
const onlyFailed = (verdict: Verdict, ...expected: readonly RegExp[]): void => {
  assert.equal(verdict.code, 40, verdict.text);
  assert.equal(verdict.failed.length, expected.length, verdict.failed.join("\n"));
  for (const [index, pattern] of expected.entries())
    assert.match(verdict.failed[index] ?? "", pattern);
};

const allGood = (verdict: Verdict): void => {
  assert.deepEqual(verdict.failed, []);
  assert.equal(verdict.code, 0, verdict.text);
};

/** Everything is in place, and the box is not running. */
const settled = async (setup: Setup): Promise<void> => {
  const { code, text } = await setup.init();
  assert.equal(code, 0, text);
  setup.install();
};

story("from nothing to a chat by one command, and the doctor is content", async (setup) => {
  const { homeserver, irc, box } = setup;
  const { code, text } = await setup.init();
  assert.equal(code, 0, text);
  assert.match(text, /\napp_service_config_files:\n {2}- .*registration\.yaml\n/);
  for (const file of ["config.yaml", "registration.yaml"])
    assert.equal(statSync(join(setup.dir, file)).mode & 0o777, 0o600);
  setup.install();
  const before = await setup.doctor();
  allGood(before);
  assert.equal(before.state("ping"), "ok");
  await box.start();
  const carl = await irc.user("carl");
  await carl.join("#lobby");
  const ana = new MatrixUser({ url: homeserver.url, ...homeserver.addUser("ana") });
  const room = await ana.join("#testnet_#lobby:sandbox.test");
  const running = verdictOf(await setup.command("doctor", "-c", "config.yaml", "--json"));
  allGood(running);
  for (const check of ["port", "ping", "as_token", "testnet: server"])
    assert.equal(running.state(check), "ok", check);
  carl.say("#lobby", "hello");
  await ana.untilText(room, "hello");
  await ana.send(room, "hello back");
  await carl.until((line) => /hello back/.test(line.params[1] ?? ""));
});

story(
  "what is there is not replaced unless that is said, and then the tokens stay",
  async (setup) => {
    await settled(setup);
    const [config, registration] = [setup.read("config.yaml"), setup.read("registration.yaml")];
    const again = await setup.init("--set", "networks.testnet.nick=other");
    assert.equal(again.code, 12, again.text);
    assert.match(again.text, /config\.yaml is there already\. Say --overwrite/);
    assert.deepEqual(
      [setup.read("config.yaml"), setup.read("registration.yaml")],
      [config, registration],
    );
    const told = await setup.init("--overwrite", "--set", "networks.testnet.nick=other");
    assert.equal(told.code, 0, told.text);
    assert.match(setup.read("config.yaml"), /^ {4}nick: other$/m);
    assert.equal(setup.read("registration.yaml"), registration);
  },
);

story("a homeserver that is down", async (setup) => {
  await settled(setup);
  await setup.homeserver.stop();
  const verdict = await setup.doctor();
  onlyFailed(verdict, /^homeserver: .* nothing listens at .* → Start the homeserver/);
  assert.equal(verdict.state("ping"), "skipped");
});

story("a registration that the homeserver has not read", async (setup) => {
  const { code, text } = await setup.init();
  assert.equal(code, 0, text);
  onlyFailed(
    await setup.doctor(),
    /^as_token: .*has not read .*registration\.yaml.* → Put the lines that `npm run register -- -c \S*config\.yaml` prints/,
  );
});

story("another as_token than the homeserver's", async (setup) => {
  await settled(setup);
  const other = "f".repeat(64);
  const changed = setup.read("registration.yaml").replace(/^as_token: .*$/m, `as_token: ${other}`);
  writeFileSync(join(setup.dir, "registration.yaml"), changed);
  onlyFailed(
    await setup.doctor(),
    /^as_token: .*registration with another token\. → Restart the homeserver/,
  );
});

story("another hs_token than the homeserver's", async (setup) => {
  await setup.init();
  setup.install((it) => ({ ...it, hs_token: "e".repeat(64) }));
  onlyFailed(await setup.doctor(), /^ping: .*another hs_token.* → Restart the homeserver/);
});

story("an address at which the homeserver does not reach the box", async (setup) => {
  await setup.init();
  const deaf = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
  await new Promise((resolve) => deaf.once("listening", resolve));
  try {
    const address = deaf.address();
    assert.ok(typeof address === "object" && address);
    setup.install((it) => ({ ...it, url: `http://127.0.0.1:${address.port}` }));
    onlyFailed(await setup.doctor(), /^ping: .*does not reach the box.* → .*appservice\.address/);
  } finally {
    await new Promise((resolve) => deaf.close(resolve));
  }
});

story("a port that another program has", async (setup) => {
  await settled(setup);
  const other = createServer((socket) => socket.resume().end("no\n")).listen(
    setup.port,
    "127.0.0.1",
  );
  await new Promise((resolve) => other.once("listening", resolve));
  try {
    const verdict = await setup.doctor();
    onlyFailed(verdict, /^port: .*taken by another program\. → .*appservice\.port/);
    assert.equal(verdict.state("ping"), "skipped");
  } finally {
    await new Promise((resolve) => other.close(resolve));
  }
});

story("a registration that everybody can read", async (setup) => {
  await settled(setup);
  chmodSync(join(setup.dir, "registration.yaml"), 0o644);
  onlyFailed(await setup.doctor(), /^registration mode: .*0644.* → Run `chmod 600 /);
});

story("a config that has gone on without its registration", async (setup) => {
  await settled(setup);
  const config = setup.read("config.yaml").replace("# ghosts: testnet_", "ghosts: people_");
  writeFileSync(join(setup.dir, "config.yaml"), config);
  onlyFailed(
    await setup.doctor(),
    /^registration match: .*\^@people_.* → Run `npm run register -- -c \S*config\.yaml`, then restart/,
  );
});

story("a box that runs with the registration of before", async (setup) => {
  await settled(setup);
  await setup.box.start();
  const changed = setup
    .read("registration.yaml")
    .replace(/^hs_token: .*$/m, `hs_token: ${"d".repeat(64)}`);
  writeFileSync(join(setup.dir, "registration.yaml"), changed);
  onlyFailed(await setup.doctor(), /^port: .*with another hs_token.* → Restart it/);
});

story("a homeserver's config without its last line break", async (setup) => {
  await settled(setup);
  const named = join(setup.dir, "homeserver.yaml");
  writeFileSync(named, "server_name: sandbox.test\n# the end");
  const lines = `app_service_config_files:\n  - ${join(setup.dir, "registration.yaml")}\n`;
  appendFileSync(named, lines);
  onlyFailed(
    await setup.doctor("--homeserver-config", named),
    /^homeserver config: .* → Put (?:it|the lines)/,
  );
  writeFileSync(named, `server_name: sandbox.test\n${lines}`);
  allGood(await setup.doctor("--homeserver-config", named));
});

story("a network that is not there", async (setup) => {
  await settled(setup);
  const config = setup
    .read("config.yaml")
    .replace(/^ {4}port: \d+$/m, `    port: ${await freePort()}`);
  writeFileSync(join(setup.dir, "config.yaml"), config);
  onlyFailed(
    await setup.doctor(),
    /^testnet: server: .*ECONNREFUSED.* → Check server, port and tls/,
  );
});
