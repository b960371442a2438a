import assert from "node:assert/strict";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { AppServiceRegistration } from "matrix-appservice-bridge";

import { buildRegistration } from "./build.ts";
import { diffRegistration } from "./diff.ts";
import { readRegistration, toYaml, writeRegistration } from "./file.ts";
import { installLines } from "./install.ts";
import { runRegister } from "./register.ts";
import type { RegistrationPlan, Software } from "./types.ts";

let folder = "";
before(() => {
  folder = mkdtempSync(join(tmpdir(), "bridgebox-registration-"));
});
after(() => {
  rmSync(folder, { recursive: true });
});

const plan: RegistrationPlan = {
  homeserver: { domain: "server.test", software: "synapse" },
  appservice: {
    id: "bridgebox",
    address: "http://127.0.0.1:29320",
    bot: { username: "bridgebox" },
  },
  networks: [
    { id: "one", type: "acme", ghostPrefix: "one_", aliasPrefix: "one_" },
    { id: "two", type: "other", ghostPrefix: "t+wo.", aliasPrefix: "two_" },
    { id: "three", type: "acme", ghostPrefix: "three_", aliasPrefix: "three_" },
  ],
};

const register = (config: RegistrationPlan, path: string) => {
  const lines: string[] = [];
  const code = runRegister({ config, path, print: (line) => lines.push(line) });
  return { code, lines };
};

test("one registration covers the bot and every network, exclusively and anchored", () => {
  const made = buildRegistration(plan);
  const library = AppServiceRegistration.fromObject(made);
  const ours = ["bridgebox", "one_alice", "one_#x=5b", "t+wo.x", "three_x"];
  for (const name of ours) assert.ok(library.isUserMatch(`@${name}:server.test`, true), name);
  for (const stranger of [
    "@alice:server.test",
    "@bridgebox2:server.test",
    "@bridgebox:serverxtest",
    "@one_alice:server.test.evil",
    "@one_alice:serverxtest",
    "@ttwo.x:server.test",
    "@t+wox:server.test",
    "x@one_alice:server.test",
    "@one_:server.test",
  ]) {
    assert.equal(library.isUserMatch(stranger, false), false, stranger);
  }
  assert.ok(library.isAliasMatch("#two_#lobby:server.test", true));
  assert.equal(library.isAliasMatch("#lobby:server.test", false), false);
});

test("it is not rate limited, gets ephemeral events under both names and tells its protocols", () => {
  const made = buildRegistration(plan);
  assert.equal(made.rate_limited, false);
  assert.equal(made.receive_ephemeral, true);
  assert.equal(made["de.sorunome.msc2409.push_ephemeral"], true);
  assert.deepEqual(made.protocols, ["acme", "other"]);
  assert.equal(made.sender_localpart, "bridgebox");
  assert.match(made.as_token, /^[0-9a-f]{64}$/);
  assert.notEqual(made.as_token, made.hs_token);
});

test("what exists is kept: tokens, sender, strange keys and namespaces of networks that are gone", () => {
  const first = { ...buildRegistration(plan), sender_localpart: "olden", "com.example.key": [1] };
  const networks = plan.networks.slice(0, 1);
  const second = buildRegistration({ ...plan, networks }, first);
  assert.deepEqual(
    [second.as_token, second.hs_token, second.sender_localpart, second["com.example.key"]],
    [first.as_token, first.hs_token, "olden", [1]],
  );
  assert.equal(second.namespaces?.users?.length, 4);
});

test("the diff names what changed and no token", () => {
  const first = buildRegistration(plan);
  assert.deepEqual(diffRegistration(first, buildRegistration(plan, first)), []);
  const appservice = { ...plan.appservice, address: "http://box:1" };
  const network = { id: "new", type: "fresh", ghostPrefix: "new_", aliasPrefix: "new_" };
  const next = { ...plan, appservice, networks: [...plan.networks, network] };
  const changes = diffRegistration(first, buildRegistration(next, first));
  assert.deepEqual(changes, [
    "- url: http://127.0.0.1:29320",
    '- protocols: ["acme","other"]',
    "+ url: http://box:1",
    '+ protocols: ["acme","other","fresh"]',
    String.raw`+ namespaces.users: ^@new_.+:server\.test$`,
    String.raw`+ namespaces.aliases: ^#new_.+:server\.test$`,
  ]);
  const all = diffRegistration(undefined, first).join("\n");
  assert.match(all, /\+ as_token: \(secret\)/);
  assert.doesNotMatch(all, new RegExp(`${first.as_token}|${first.hs_token}`));
});

test("the file comes back as it went in, is this user's only, and leaves nothing beside it", () => {
  const path = join(folder, "file.yaml");
  writeFileSync(path, "old", { mode: 0o644 });
  const made = buildRegistration(plan);
  writeRegistration(path, made);
  const read = readRegistration(path);
  assert.ok(read.ok);
  assert.deepEqual(read.registration, made);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith(".tmp")),
    [],
  );
  assert.match(readFileSync(path, "utf8"), /^id: bridgebox\nurl: \S+\nas_token: /);
});

test("a file that is no registration is not replaced, and none of it is shown", () => {
  const made = buildRegistration(plan);
  const table: readonly string[] = [
    "- a",
    "id: x",
    "a: [hunter2",
    toYaml({ ...made, as_token: "" }),
    toYaml({ ...made, as_token: made.hs_token }),
    toYaml(made).replace(/^url: .*/m, "url: 5"),
    toYaml(made).replace(/^protocols:/m, "protocols: x\nother:"),
    toYaml(made).replace(/regex: .*/, "regex: 5"),
    `${toYaml(made)}__proto__: {x: 1}\n`,
    `${toYaml(made)}hs_token: hunter2\n`,
  ];
  for (const [index, text] of table.entries()) {
    const path = join(folder, `bad-${index}.yaml`);
    writeFileSync(path, text);
    const { code, lines } = register(plan, path);
    assert.equal(code, 21, text);
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? "", /bad-\d\.yaml {2}The registration .*Repair it/);
    assert.doesNotMatch(lines[0] ?? "", new RegExp(`hunter2|${made.hs_token}`));
    assert.equal(readFileSync(path, "utf8"), text);
  }
});

test("run again with the same config it writes nothing; with another it says what to restart", () => {
  const path = join(folder, "again.yaml");
  assert.equal(register(plan, path).code, 0);
  const { mtimeNs, ino } = statSync(path, { bigint: true });
  const again = register(plan, path);
  assert.match(again.lines[0] ?? "", /nothing changed/);
  assert.deepEqual(
    [statSync(path, { bigint: true }).mtimeNs, statSync(path, { bigint: true }).ino],
    [mtimeNs, ino],
  );
  const less = register({ ...plan, networks: plan.networks.slice(0, 2) }, path);
  assert.ok(less.lines.some((line) => line.startsWith("^@three_") && line.includes("was kept")));
  const bot = { username: "other" };
  const renamed = register({ ...plan, appservice: { ...plan.appservice, bot } }, path);
  assert.ok(renamed.lines.some((line) => line.startsWith("Restart the homeserver")));
  assert.ok(renamed.lines.some((line) => line.startsWith("The bot stays bridgebox")));
});

test("what is there and cannot be read has the exit code of that, and is told apart from what is wrong", () => {
  const path = join(folder, "a-folder.yaml");
  mkdirSync(path);
  const { code, lines } = register(plan, path);
  assert.equal(code, 20);
  assert.match(lines[0] ?? "", /could not be read \(EISDIR\)\. It is a folder: name a file/);
  const read = readRegistration(path);
  assert.equal(read.ok || read.why, "unreadable");
});

test("a folder that takes no file is an exit code and a sentence", () => {
  const inner = join(folder, "missing");
  const { code, lines } = register(plan, join(inner, "registration.yaml"));
  assert.equal(code, 20);
  assert.match(lines[0] ?? "", /could not be written \(ENOENT\)\. Let/);
  mkdirSync(inner);
  chmodSync(inner, 0o700);
  assert.equal(register(plan, join(inner, "registration.yaml")).code, 0);
});

test("each homeserver gets its own lines; tokens are printed only where they must be pasted", () => {
  const made = buildRegistration(plan);
  const lines = (software: Software | undefined) =>
    installLines(software, "/data/my box/registration.yaml", made).join("\n");
  assert.match(lines("synapse"), /\napp_service_config_files:\n {2}- "\/data\/my box\/reg/);
  assert.match(lines("synapse"), /no line break at its end/);
  assert.match(lines("synapse"), /of two such lists Synapse reads the last one only/);
  assert.match(lines("dendrite"), /has an app_service_api already/);
  assert.match(lines("dendrite"), /\napp_service_api:\n {2}config_files:\n {4}- "/);
  assert.match(lines("conduit"), /\n!admin appservices register\n```yaml\nid: bridgebox\n/);
  assert.match(lines("conduit"), new RegExp(made.hs_token));
  for (const software of ["synapse", "dendrite", undefined] as const) {
    assert.doesNotMatch(lines(software), new RegExp(`${made.as_token}|${made.hs_token}`));
  }
  assert.match(lines(undefined), /app_service_config_files[^]*app_service_api[^]*conduit/);
});

test("a file that was opened to the homeserver's group stays so, and to everybody never", () => {
  const path = join(folder, "group.yaml");
  const other = { ...plan, appservice: { ...plan.appservice, address: "http://box.test" } };
  for (const [before, after] of [
    [0o640, 0o640],
    [0o660, 0o660],
    [0o644, 0o600],
    [0o600, 0o600],
  ] as const) {
    rmSync(path, { force: true });
    register(plan, path);
    chmodSync(path, before);
    const { gid } = statSync(path);
    assert.equal(register(other, path).code, 0);
    assert.match(readFileSync(path, "utf8"), /box\.test/);
    assert.deepEqual([statSync(path).mode & 0o777, statSync(path).gid], [after, gid]);
  }
});
