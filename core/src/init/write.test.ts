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
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { given, home, init, setUp, tearDown } from "./fixture.ts";

let dir = "";
beforeEach(() => (dir = setUp()));
afterEach(tearDown);

const read = (name: string): string => readFileSync(join(dir, name), "utf8");
const token = (text: string): string => /^as_token: (.*)$/m.exec(text)?.[1] ?? "";

test("a config that cannot be placed leaves the registration as it was", async () => {
  assert.equal((await init([...given, ...home])).code, 0);
  const before = `# mine\n${read("registration.yaml")}`;
  writeFileSync(join(dir, "registration.yaml"), before);
  rmSync(join(dir, "config.yaml"));
  mkdirSync(join(dir, "config.yaml"));
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
  assert.deepEqual(readdirSync(dir), ["config.yaml", "registration.yaml"]);
});

test("what takes no file is named, with what to do", async () => {
  mkdirSync(join(dir, "folder"));
  writeFileSync(join(dir, "file"), "");
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
    assert.deepEqual(readdirSync(dir), ["file", "folder"]);
  }
});

test("a config that is replaced keeps its registration, wherever that is", async () => {
  mkdirSync(join(dir, "secrets"));
  const named = "--set=registration=secrets/reg.yaml";
  assert.equal((await init([...given, ...home, named])).code, 0);
  const before = token(read("secrets/reg.yaml"));
  const again = await init([...given, ...home, "--overwrite"]);
  assert.equal(again.code, 0, again.text);
  assert.match(read("config.yaml"), /^registration: secrets\/reg\.yaml$/m);
  assert.equal(token(read("secrets/reg.yaml")), before);
  assert.deepEqual(readdirSync(dir), ["config.yaml", "secrets"]);
  const elsewhere = await init([...given, ...home, "--overwrite", "--set=registration=r.yaml"]);
  assert.equal(elsewhere.code, 0, elsewhere.text);
  assert.deepEqual(readdirSync(dir), ["config.yaml", "r.yaml", "secrets"]);
  writeFileSync(join(dir, "config.yaml"), "a: [");
  const lost = await init([...given, ...home, "--overwrite"]);
  assert.equal(lost.code, 12, lost.text);
  assert.match(lost.text, /does not tell where its registration is\. Say --set registration=FILE/);
  assert.equal(read("config.yaml"), "a: [");
  const told = await init([...given, ...home, "--overwrite", "--set=registration=r.yaml"]);
  assert.equal(told.code, 0, told.text);
});

test("a registration that was opened to a group stays so, whether the config is replaced or not", async () => {
  assert.equal((await init([...given, ...home])).code, 0);
  const path = join(dir, "registration.yaml");
  const mode = (): number => statSync(path).mode & 0o777;
  assert.equal(mode(), 0o600);
  for (const [before, after] of [
    [0o640, 0o640],
    [0o644, 0o600],
  ] as const) {
    chmodSync(path, before);
    const again = await init([...given, ...home, "--overwrite"]);
    assert.equal(again.code, 0, again.text);
    assert.equal(mode(), after);
  }
  chmodSync(path, 0o640);
  rmSync(join(dir, "config.yaml"));
  mkdirSync(join(dir, "config.yaml"));
  const args = [...given, ...home, "--overwrite", "--set=registration=registration.yaml"];
  assert.equal((await init(args)).code, 12);
  assert.equal(mode(), 0o640);
});
