import assert from "node:assert/strict";
import { chmodSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { given, home, init, loaded, nowhere, inFolder, path } from "./fixture.ts";
import { writeBeside } from "./place.ts";

inFolder("asks, tells what an answer is wrong for, and writes what the box takes", async () => {
  const { code, text } = await init(
    [],
    "not an address|HERE||two words|server.test||windows|dendrite|ana|@ana:server.test|acne|acme, other|acme.example.org|acme.test"
      .replace("HERE", nowhere)
      .split("|"),
  );
  assert.equal(code, 0, text);
  for (const said of [
    /That is "not an address"\. Put an http or https address/,
    /No homeserver answers there now: nothing listens at 127\.0\.0\.1:9\. Go on if/,
    /This must be filled in\./,
    /That is "two words"\. Put your server_name here/,
    /That is "windows"\. Put one of synapse, dendrite, conduit/,
    /That is no Matrix id\. Put one such as @you:server\.test/,
    /There is no network of the type "acne"\. Put acme\./,
    /That is still the example "acme\.example\.org"/,
    /Other needs nothing now/,
    /\napp_service_api:\n {2}config_files:\n/,
    /npm run doctor -- -c /,
  ])
    assert.match(text, said);
  const { homeserver, permissions, networks, appservice } = await loaded();
  assert.deepEqual(homeserver, { address: nowhere, domain: "server.test", software: "dendrite" });
  assert.deepEqual(permissions, {
    "*": "relay",
    "server.test": "user",
    "@ana:server.test": "admin",
  });
  assert.deepEqual(
    networks.map(({ id, type }) => [id, type]),
    [
      ["acme", "acme"],
      ["other", "other"],
    ],
  );
  assert.equal(appservice.address, "http://127.0.0.1:29320");
  for (const name of ["config.yaml", "registration.yaml"])
    assert.equal(statSync(path(name)).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(path()).sort(), ["config.yaml", "registration.yaml"]);
});

inFolder("interrupted at any question it leaves nothing", async () => {
  const answers = [nowhere, "server.test", "", "", "", "acme"];
  for (let said = 0; said <= answers.length; said += 1) {
    const { code, text } = await init([], answers.slice(0, said));
    assert.equal(code, 130, text);
    assert.match(text, /Nothing was written\. It was interrupted\.\n$/);
    assert.deepEqual(readdirSync(path()), []);
  }
});

inFolder("with --yes it asks nothing, and names everything that is missing at once", async () => {
  const { code, text } = await init(["--yes", "--homeserver", nowhere, "--network", "acme:home"]);
  assert.equal(code, 1);
  assert.match(text, /missing: --domain, --set networks\.home\.server=…\./);
  assert.deepEqual(readdirSync(path()), []);
  assert.equal((await init([...given, ...home])).code, 0);
  const { networks, permissions } = await loaded();
  assert.deepEqual(networks[0]?.config, { server: "acme.test", port: 6697 });
  assert.deepEqual(permissions, { "*": "relay", "server.test": "user" });
});

inFolder(
  "what is told with --set is read as its key wants it, and a wrong one is named without its secret",
  async () => {
    writeFileSync(path("secret"), "hunter2hunter2\n");
    const settings = [
      "--set=networks.home.port=7000",
      "--set=permissions.@bob:server.test=admin",
      `--set-file=networks.home.password=${path("secret")}`,
      "--admin=@ana:server.test",
      "--set=networks.home.enabled=false",
    ];
    const ok = await init([...given, ...home, ...settings]);
    assert.equal(ok.code, 0, ok.text);
    assert.doesNotMatch(ok.text, /hunter2/);
    const { networks, permissions } = await loaded();
    assert.deepEqual(networks[0]?.config, {
      server: "acme.test",
      port: 7000,
      password: "hunter2hunter2",
    });
    assert.equal(networks[0]?.enabled, false);
    assert.equal(permissions["@bob:server.test"], "admin");
    rmSync(path("config.yaml"));
    rmSync(path("registration.yaml"));
    rmSync(path("secret"));
    for (const [setting, says] of [
      [
        "networks.home.prot=1",
        /^Nothing was written\. networks\.home\.prot is not a known key\. Put port/m,
      ],
      ["networks.home.port=many", /networks\.home\.port is "many"\. Put a whole number/],
      ["homeservr.address=x", /homeservr is not a known key\. Put homeserver/],
      ["networks.work.server=x", /networks\.work\.type/],
    ] as const) {
      const { code, text } = await init([...given, ...home, "--set", setting]);
      assert.equal(code, 11, text);
      assert.match(text, says);
      assert.deepEqual(readdirSync(path()), []);
    }
    const bare = await init([...given, ...home, "--set", "hunter2"]);
    assert.equal(bare.code, 1);
    assert.doesNotMatch(bare.text, /hunter2/);
  },
);

inFolder(
  "what is there stays, unless a person says yes or a script --overwrite; tokens stay in any case",
  async () => {
    assert.equal((await init([...given, ...home])).code, 0);
    const read = (name: string) => readFileSync(path(name), "utf8");
    const before = [read("config.yaml"), read("registration.yaml")];
    for (const told of [
      await init([...given, ...home]),
      await init([], ["no"]),
      await init([], [""]),
      await init([], []),
    ]) {
      assert.ok([12, 130].includes(told.code), told.text);
      assert.deepEqual([read("config.yaml"), read("registration.yaml")], before);
    }
    const args = ["--homeserver", nowhere, "--domain", "other.test", ...home];
    const replaced = await init(args, ["yes", "", "", ""]);
    assert.equal(replaced.code, 0, replaced.text);
    assert.match(read("config.yaml"), /domain: other\.test/);
    const token = (text: string): string => /^as_token: (.*)$/m.exec(text)?.[1] ?? "";
    assert.equal(token(read("registration.yaml")), token(before[1] ?? ""));
    rmSync(path("config.yaml"));
    const alone = await init([...given, ...home]);
    assert.equal(alone.code, 12);
    assert.match(alone.text, /registration\.yaml is there already/);
    assert.deepEqual(readdirSync(path()), ["registration.yaml"]);
    const asked = await init([], ["no"]);
    assert.match(asked.text, /^\S*registration\.yaml is there already\.\n {2}Replace config/);
    assert.equal(asked.code, 12);
    writeFileSync(path("registration.yaml"), "as_token: hunter2");
    const broken = await init([...given, ...home, "--overwrite"]);
    assert.equal(broken.code, 12, broken.text);
    assert.match(broken.text, /has no usable id\. Repair it, or move it away/);
    assert.deepEqual(readdirSync(path()), ["registration.yaml"]);
  },
);

inFolder("the box listens where the homeserver looks for it", async () => {
  for (const [address, hostname, port] of [
    ["http://127.0.0.1:4000", "127.0.0.1", 4000],
    ["http://localhost:4000", "127.0.0.1", 4000],
    ["http://127.0.0.2:4000", "127.0.0.2", 4000],
    ["http://[::1]:4000", "::1", 4000],
    ["http://box:4000", "0.0.0.0", 4000],
    ["https://bridge.example.org", "127.0.0.1", 29_320],
    ["http://bridge.example.org", "127.0.0.1", 29_320],
  ] as const) {
    const { code, text } = await init([...given, ...home, "--overwrite", "--address", address]);
    assert.equal(code, 0, text);
    const { appservice } = await loaded();
    assert.deepEqual(
      [appservice.address, appservice.hostname, appservice.port],
      [address, hostname, port],
    );
  }
});

inFolder("a homeserver that is there says itself what it is and how it is called", async () => {
  const server = createServer((_, response) =>
    response.end(
      JSON.stringify({
        server: { name: "continuwuity", version: "1" },
        server_name: "server.test",
        versions: ["v1.11"],
      }),
    ),
  ).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  try {
    const there = `http://127.0.0.1:${port}`;
    const asked = await init([], [there]);
    assert.match(asked.text, /\n {2}homeserver\.domain \[server\.test\]: /);
    assert.doesNotMatch(asked.text, /No homeserver answers/);
    const { code, text } = await init(["--yes", "--homeserver", there, ...home]);
    assert.equal(code, 0, text);
    assert.equal((await loaded()).homeserver.domain, "server.test");
    assert.match(text, /\n!admin appservices register\n/);
    assert.equal((await loaded()).homeserver.software, "conduit");
  } finally {
    server.close();
  }
});

inFolder("a file gets its name in one step, and never somebody else's", () => {
  const target = path("file");
  const first = writeBeside(target, "one");
  const second = writeBeside(target, "two");
  first.place(target, false);
  assert.throws(() => second.place(target, false), { code: "EEXIST" });
  for (const each of [first, second]) each.drop();
  assert.equal(readFileSync(target, "utf8"), "one");
  assert.deepEqual(readdirSync(path()), ["file"]);
  chmodSync(target, 0o644);
  const third = writeBeside(target, "three");
  third.place(target, true);
  assert.equal(statSync(target).mode & 0o777, 0o600);
});
