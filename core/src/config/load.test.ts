import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { boxFields } from "./box-shape.ts";
import { checkConfig } from "./check.ts";
import { envName, isServiceLink } from "./env.ts";
import { acme, other } from "./fixture.ts";
import { loadConfig } from "./load.ts";
import type { Loaded } from "./load.ts";
import { adminsOf, levelOf, permits } from "./permissions.ts";
import { redacted } from "./redact.ts";

let folder = "";
before(() => {
  folder = mkdtempSync(join(tmpdir(), "bridgebox-config-"));
});
after(() => {
  rmSync(folder, { recursive: true });
});

const adapters = { acme: async () => acme, other: async () => other };

const good = `homeserver:
  address: http://localhost:8008/
  domain: server.test
networks:
  one:
    type: acme
    server: irc.test
`;

const load = (yaml: string, env: Readonly<Record<string, string>> = {}): Promise<Loaded> => {
  const path = join(folder, "config.yaml");
  writeFileSync(path, yaml);
  return loadConfig({ path, env, adapters });
};

/** The lines without the folder in front of them. */
const problems = async (yaml: string, env: Readonly<Record<string, string>> = {}) => {
  const loaded = await load(yaml, env);
  assert.equal(loaded.ok, false);
  return loaded.ok ? [] : loaded.problems.map((line) => line.replace(`${folder}/`, ""));
};

const config = async (yaml: string, env: Readonly<Record<string, string>> = {}) => {
  const loaded = await load(yaml, env);
  assert.ok(loaded.ok, loaded.ok ? "" : loaded.problems.join("\n"));
  return loaded.config;
};

test("three fields are enough; the rest has defaults, absolute paths and milliseconds", async () => {
  const loaded = await config(`${good}    max_age: 10m\n`);
  assert.equal(loaded.homeserver.address, "http://localhost:8008");
  assert.equal(loaded.appservice.address, "http://127.0.0.1:29320");
  assert.equal(loaded.registration, join(folder, "registration.yaml"));
  assert.equal(loaded.database.path, join(folder, "bridgebox.db"));
  assert.deepEqual(loaded.permissions, { "*": "relay", "server.test": "user" });
  const [network] = loaded.networks;
  assert.equal(network?.ghostPrefix, "one_");
  assert.equal(network?.maxAge, 600_000);
  assert.deepEqual(network?.config, { server: "irc.test", port: 6697 });
});

test("every problem is told at once, with its line, in the order of the file", async () => {
  const said = await problems(`homeserver:
  adress: http://localhost:8008
  domain: example.com
appservice:
  port: "29320"
networks:
  one:
    type: acme
    server: irc.test
    enabeld: true
    prot: 6667
  two:
    type: acne
  three:
    server: irc.test
`);
  assert.deepEqual(said, [
    'config.yaml:1  homeserver.address is missing. Put an http or https address without name and password, such as "http://localhost:8008".',
    "config.yaml:2  homeserver.adress is not a known key. Put address, or remove it.",
    'config.yaml:3  homeserver.domain is still the example "example.com". Put your server_name here, the part after the colon in @you:server.',
    'config.yaml:5  appservice.port is "29320". Put a whole number from 1 up to 65535.',
    "config.yaml:10  networks.one.enabeld is not a known key. Put enabled, or remove it.",
    "config.yaml:11  networks.one.prot is not a known key. Put port, or remove it.",
    'config.yaml:13  networks.two.type is "acne". Put "acme", or another of acme, other.',
    'config.yaml:14  networks.three.type is missing, and the name "three" is no type. Put one of acme, other.',
  ]);
});

test("hostile YAML is refused with its line", async () => {
  const table: readonly (readonly [yaml: string, expected: RegExp])[] = [
    [`${good}__proto__:\n  logging: {}\n`, /^config.yaml:8 {2}\S+ is a key that is never allowed/],
    [`${good}constructor: 1\n`, /^config.yaml:8 {2}constructor is a key that is never allowed/],
    [`${good}  __proto__:\n    type: acme\n`, /^config.yaml:8 {2}networks.__proto__ is a key that/],
    [`${good}    __proto__: {port: 1}\n`, /^config.yaml:8 {2}networks.one.__proto__ is a key that/],
    [`${good}logging: &l {}\nlimits:\n  <<: *l\n`, /^config.yaml:10 {2}A YAML merge key/],
    [`${good}logging: &l {}\nlimits: *l\n`, /^config.yaml:9 {2}A YAML alias/],
    [`a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n`, /^config.yaml:2 {2}A YAML alias/],
    [`${good}homeserver: {}\n`, /^config.yaml:8 {2}This is not YAML: duplicated mapping key/],
    [`${good}logging: !!js/regexp x\n`, /^config.yaml:8 {2}This is not YAML: unknown tag/],
    [`${good}permissions:\n  *: user\n`, /^config.yaml:9 {2}.*Put quotes around/],
    [`${good}---\n${good}`, /^config.yaml:1 {2}.*single document/],
    ["- a\n", /^config.yaml:1 {2}The config is a list/],
    [`x: ${"[".repeat(500)}`, /^config.yaml:1 {2}This is not YAML: nesting/],
    ["x".repeat(1_000_001), /^config.yaml:1 {2}The file is larger/],
  ];
  for (const [yaml, expected] of table) {
    assert.match((await problems(yaml))[0] ?? "", expected, yaml.slice(0, 300));
  }
});

test("wrong types are refused with their line", async () => {
  const said = await problems(`homeserver: yes
appservice: [1]
permissions: {"*": 5, "@a:b": [], "x y": user}
networks:
  one: acme
  Two: {type: acme}
rooms: {room: 1}
logging:
  level: 2020-01-01
`);
  assert.deepEqual(
    said.map((line) => line.replace(/ is .*/, "")),
    [
      "config.yaml:1  homeserver",
      "config.yaml:2  appservice",
      'config.yaml:3  permissions."*"',
      'config.yaml:3  permissions."@a:b"',
      'config.yaml:3  permissions."x y"',
      "config.yaml:5  networks.one",
      "config.yaml:6  networks.Two",
      "config.yaml:7  rooms",
      "config.yaml:9  logging.level",
    ],
  );
});

test("secrets are in no problem, and masked in what may be shown", async () => {
  const broken = [
    `${good}    password: *hunter2\n`,
    `${good}    password: !hunter2 x\n`,
    `${good}    password: [hunter2]\n`,
    `${good}    password: "hunter2\\n"\n`,
    `${good}    password: {hunter2: hunter2}\n`,
  ];
  for (const yaml of broken) {
    const said = (await problems(yaml)).join("\n");
    assert.match(said, /config.yaml:8/);
    assert.doesNotMatch(said, /hunter2/);
  }
  const shown = JSON.stringify(
    redacted(await config(`${good}    password: hunter2\n    logins: {a: {token: hunter2}}\n`)),
  );
  assert.doesNotMatch(shown, /hunter2/);
  assert.match(shown, /irc\.test/);
});

test("the admin token is taken, masked, and never short", async () => {
  const token = "hunter2-hunter2-hunter2";
  const loaded = await config(`${good}appservice: {admin_token: ${token}}\n`);
  assert.equal(loaded.appservice.adminToken, token);
  const shown = JSON.stringify(redacted(loaded));
  assert.doesNotMatch(shown, /hunter2/);
  assert.match(shown, /29320/);
  assert.equal("adminToken" in (await config(good)).appservice, false);
  const said = (await problems(`${good}appservice: {admin_token: hunter2}\n`)).join("\n");
  assert.match(said, /appservice.admin_token/);
  assert.doesNotMatch(said, /hunter2/);
});

test("the URI of a database is taken, from a file too, and masked", async () => {
  const secret = join(folder, "database-uri");
  writeFileSync(secret, "postgres://box:hunter2@db.test/box\n");
  const loaded = await config(good, { BRIDGEBOX_DATABASE__URI_FILE: secret });
  assert.equal(loaded.database.uri, "postgres://box:hunter2@db.test/box");
  assert.doesNotMatch(JSON.stringify(redacted(loaded)), /hunter2/);
  const said = (await problems(good, { BRIDGEBOX_DATABASE__URI: "mysql://box:hunter2@x" })).join();
  assert.match(said, /database\.uri .*postgres:\/\/user:password@host/);
  assert.doesNotMatch(said, /hunter2/);
});

test("the environment goes over the file, and a file over a variable's value", async () => {
  const secret = join(folder, "secret");
  writeFileSync(secret, "0123\n");
  const loaded = await config(good, {
    BRIDGEBOX_HOMESERVER__ADDRESS: "https://hs.test",
    BRIDGEBOX_APPSERVICE__PORT: "8080",
    BRIDGEBOX_DATABASE__KEY_FILE: "/keys/box",
    BRIDGEBOX_NETWORKS__ONE__PASSWORD_FILE: secret,
    BRIDGEBOX_PERMISSIONS: '{"@me:server.test": admin}',
    BRIDGEBOX_NETWORKS__MY_TWO__TYPE: "acme",
    BRIDGEBOX_NETWORKS__MY_TWO__SERVER: "two.test",
    BRIDGEBOX_LOGGING__LEVEL: "",
    UNRELATED: "x",
  });
  assert.equal(loaded.homeserver.address, "https://hs.test");
  assert.equal(loaded.appservice.address, "http://127.0.0.1:8080");
  assert.equal(loaded.database.keyFile, "/keys/box");
  assert.deepEqual(loaded.permissions, { "@me:server.test": "admin" });
  assert.deepEqual(loaded.networks[0]?.config, {
    server: "irc.test",
    port: 6697,
    password: "0123",
  });
  assert.deepEqual(
    loaded.networks.map(({ id, type }) => [id, type]),
    [
      ["one", "acme"],
      ["my-two", "acme"],
    ],
  );
});

test("what Kubernetes tells a pod of its services is not for the box, and no key is called so", async () => {
  const links = (service: string) => ({
    [`${service}_SERVICE_HOST`]: "10.0.0.7",
    [`${service}_SERVICE_PORT`]: "29320",
    [`${service}_SERVICE_PORT_HTTP_ALT`]: "29320",
    [`${service}_PORT`]: "tcp://10.0.0.7:29320",
    [`${service}_PORT_29320_TCP`]: "tcp://10.0.0.7:29320",
    [`${service}_PORT_29320_TCP_PROTO`]: "tcp",
    [`${service}_PORT_29320_TCP_PORT`]: "29320",
    [`${service}_PORT_29320_TCP_ADDR`]: "10.0.0.7",
  });
  const env = { ...links("BRIDGEBOX"), ...links("BRIDGEBOX_POSTGRES") };
  assert.deepEqual(await config(good, env), await config(good));
  for (const key of [...Object.keys(boxFields), "networks"])
    for (const below of ["", "__X", "__SERVICE_HOST", "__PORT", "__PORT_1_TCP"])
      assert.equal(isServiceLink(envName([key]) + below, "tcp://10.0.0.7:29320"), false, key);
});

test("a port that somebody put under the wrong name is told", async () => {
  for (const name of ["BRIDGEBOX_PORT", "BRIDGEBOX_APPSERVICE_PORT"])
    assert.match((await problems(good, { [name]: "29321" }))[0] ?? "", /is not a known name/);
});

test("a config may be in the environment alone", async () => {
  const env = {
    BRIDGEBOX_HOMESERVER__ADDRESS: "https://hs.test",
    BRIDGEBOX_HOMESERVER__DOMAIN: "server.test",
    BRIDGEBOX_NETWORKS__OTHER__ENABLED: "true",
  };
  const loaded = await loadConfig({ env, adapters });
  assert.ok(loaded.ok, loaded.ok ? "" : loaded.problems.join("\n"));
  assert.equal(loaded.config.networks[0]?.type, "other");
});

test("a variable that leads nowhere is a problem with the nearest name, and so is its bad value", async () => {
  const said = await problems(good, {
    BRIDGEBOX_HOMESERVER__ADRESS: "x",
    BRIDGEBOX_NETWORKS__ONE__PROT: "1",
    BRIDGEBOX_NETWORKS__ONE__PORT: "many",
    BRIDGEBOX_NETWORKS__ONE__PASSWORD_FILE: join(folder, "nothing"),
  });
  assert.deepEqual(said, [
    'BRIDGEBOX_NETWORKS__ONE__PORT  networks.one.port is "many". Put a whole number from 1 up to 65535.',
    "BRIDGEBOX_HOMESERVER__ADRESS  is not a known name. Put BRIDGEBOX_HOMESERVER__ADDRESS, or remove it.",
    "BRIDGEBOX_NETWORKS__ONE__PASSWORD_FILE  names a file that cannot be read. Put the path of a readable one.",
    "BRIDGEBOX_NETWORKS__ONE__PROT  is not a known name. Put BRIDGEBOX_NETWORKS__ONE__PORT, or remove it.",
  ]);
});

test("keys that are each right and do not fit together are refused", async () => {
  const said = await problems(`${good}  two:
    type: other
    ghosts: one_x
    aliases: two_
appservice:
  hostname: 0.0.0.0
  bot:
    username: one_bot
rooms:
  - room: "#a:server.test"
    chats: ["one #a", "three b"]
  - room: "#a:server.test"
    chats: ["two b"]
`);
  assert.deepEqual(
    said.map((line) => line.slice(0, 60)),
    [
      'config.yaml:10  networks.two.ghosts is "one_x", which begins ',
      "config.yaml:12  appservice.address is missing, and the homeserv",
      'config.yaml:15  appservice.bot.username is "one_bot", which is ',
      'config.yaml:18  rooms[0].chats[1] is "three b", and there is no',
      'config.yaml:19  rooms[1].room is "#a:server.test", which is the',
    ].map((line) => line.slice(0, 60)),
  );
});

test("a room bound to several networks says which chat is where", async () => {
  const { rooms } = await config(`${good}  two: {type: other}
rooms:
  - room: "!hash"
    chats: ["one #lobby", "two the group"]
`);
  assert.deepEqual(rooms, [
    {
      room: "!hash",
      chats: [
        { network: "one", chat: "#lobby" },
        { network: "two", chat: "the group" },
      ],
    },
  ]);
});

test("the most exact permission counts", () => {
  const rules = { "*": "none", "a.test": "user", "@boss:a.test": "admin" } as const;
  assert.equal(levelOf(rules, "@x:a.test"), "user");
  assert.equal(levelOf(rules, "@x:b.test"), "none");
  assert.equal(permits(rules, "@boss:a.test", "admin"), true);
  assert.equal(permits(rules, "@x:a.test", "admin"), false);
  assert.equal(permits({}, "@x:a.test", "relay"), false);
  assert.deepEqual(adminsOf(rules), ["@boss:a.test"]);
});

test("a check exits with 0, 10 or 11", async () => {
  const path = join(folder, "config.yaml");
  const said: string[] = [];
  const check = (at: string) => checkConfig({ path: at, env: {}, adapters }, (it) => said.push(it));
  writeFileSync(path, good);
  assert.equal(await check(path), 0);
  writeFileSync(path, "a: 1\n");
  assert.equal(await check(path), 11);
  assert.equal(await check(join(folder, "none.yaml")), 10);
  assert.match(
    said.at(-1) ?? "",
    /none\.yaml {2}The config could not be read: there is no such file \(ENOENT\)\. Make/,
  );
});
