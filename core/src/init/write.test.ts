import assert from "node:assert/strict";
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { given, home, init, inFolder, path } from "./fixture.ts";

const read = (name: string): string => readFileSync(path(name), "utf8");
const token = (text: string): string => /^as_token: (.*)$/m.exec(text)?.[1] ?? "";

inFolder("a config that cannot be placed leaves the registration as it was", async () => {
  assert.equal((await init([...given, ...home])).code, 0);
  const before = `# mine\n${read("registration.yaml")}`;
  writeFileSync(path("registration.yaml"), before);
  rmSync(path("config.yaml"));
  mkdirSync(path("config.yaml"));
  const settings = ["--overwrite", "--address", "http://box.test:4000"];
  const { code, text } = await init([
    ...given,
    ...home,
    ...settings,
    "--set=registration=registration.yaml",
  ]);
  assert.equal(code, 12, text);
  assert.match(
    text,
    /^Nothing was written\. \S*config\.yaml is a folder\. Name a file with -c\.$/m,
  );
  assert.equal(read("registration.yaml"), before);
  assert.deepEqual(readdirSync(path()), ["config.yaml", "registration.yaml"]);
});

inFolder("what takes no file is named, with what to do", async () => {
  mkdirSync(path("folder"));
  writeFileSync(path("file"), "");
  for (const [registration, says] of [
    [
      "no/such/r.yaml",
      /There is no folder \S*no\/such\. Make it, or name another place with --set registration=FILE\./,
    ],
    [
      "folder",
      /\S*folder {2}The registration could not be read \(EISDIR\)\. It is a folder: name a file\./,
    ],
    ["file/r.yaml", /file\/r\.yaml/],
  ] as const) {
    const args = [...given, ...home, "--overwrite", "--set", `registration=${registration}`];
    const { code, text } = await init(args);
    assert.equal(code, 12, text);
    assert.match(text, says);
    assert.deepEqual(readdirSync(path()), ["file", "folder"]);
  }
});

inFolder("a config that is replaced keeps its registration, wherever that is", async () => {
  mkdirSync(path("secrets"));
  const named = "--set=registration=secrets/reg.yaml";
  assert.equal((await init([...given, ...home, named])).code, 0);
  const before = token(read("secrets/reg.yaml"));
  const again = await init([...given, ...home, "--overwrite"]);
  assert.equal(again.code, 0, again.text);
  assert.match(read("config.yaml"), /^registration: secrets\/reg\.yaml$/m);
  assert.equal(token(read("secrets/reg.yaml")), before);
  assert.deepEqual(readdirSync(path()), ["config.yaml", "secrets"]);
  const elsewhere = await init([...given, ...home, "--overwrite", "--set=registration=r.yaml"]);
  assert.equal(elsewhere.code, 0, elsewhere.text);
  assert.deepEqual(readdirSync(path()), ["config.yaml", "r.yaml", "secrets"]);
  writeFileSync(path("config.yaml"), "a: [");
  const lost = await init([...given, ...home, "--overwrite"]);
  assert.equal(lost.code, 12, lost.text);
  assert.match(lost.text, /does not tell where its registration is\. Say --set registration=FILE/);
  assert.equal(read("config.yaml"), "a: [");
  const told = await init([...given, ...home, "--overwrite", "--set=registration=r.yaml"]);
  assert.equal(told.code, 0, told.text);
});

inFolder(
  "a registration that was opened to a group stays so, whether the config is replaced or not",
  async () => {
    assert.equal((await init([...given, ...home])).code, 0);
    const file = path("registration.yaml");
    const mode = (): number => statSync(file).mode & 0o777;
    assert.equal(mode(), 0o600);
    for (const [before, after] of [
      [0o640, 0o640],
      [0o644, 0o600],
    ] as const) {
      chmodSync(file, before);
      const again = await init([...given, ...home, "--overwrite"]);
      assert.equal(again.code, 0, again.text);
      assert.equal(mode(), after);
    }
    chmodSync(file, 0o640);
    rmSync(path("config.yaml"));
    mkdirSync(path("config.yaml"));
    const args = [...given, ...home, "--overwrite", "--set=registration=registration.yaml"];
    assert.equal((await init(args)).code, 12);
    assert.equal(mode(), 0o640);
  },
);
