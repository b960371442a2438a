import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

let folder = "";
before(() => {
  folder = mkdtempSync(join(tmpdir(), "bridgebox-main-"));
  const text = `homeserver: { address: "http://127.0.0.1:9", domain: server.test }
double_puppet: { registration: doublepuppet.yaml }
networks: { irc: { type: irc, server: irc.test } }
`;
  writeFileSync(join(folder, "config.yaml"), text, { mode: 0o600 });
});
after(() => rmSync(folder, { recursive: true, force: true }));

const program = fileURLToPath(new URL("../../bridgebox.js", import.meta.url));
const run = (...argv: readonly string[]) => {
  const { PATH } = process.env;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [program, ...argv, "-c", join(folder, "config.yaml")],
    { encoding: "utf8", env: { PATH }, timeout: 50_000 },
  );
  return { code: status, text: stdout + stderr };
};

test("what makes an absent registration is said as it can be typed", () => {
  const first = run();
  assert.equal(first.code, 20, first.text);
  assert.match(first.text, /Make it with `npm run register -- -c \S+config\.yaml`\./);
  assert.equal(run("register").code, 0);
  const second = run();
  assert.equal(second.code, 20, second.text);
  assert.match(
    second.text,
    /Make it with `npm run register -- -c \S+config\.yaml --double-puppet`\./,
  );
  writeFileSync(join(folder, "doublepuppet.yaml"), "id: [");
  assert.match(
    run("register", "--double-puppet").text,
    /run `npm run register -- -c \S+config\.yaml --double-puppet`/,
  );
});

test("an option that there is not is named with the one that was meant, and -n is nothing to heed", () => {
  const { code, text } = run("--chek");
  assert.equal(code, 1, text);
  assert.match(text, /^Nothing was done: there is no option --chek\. Did you mean --check\?\n/);
  assert.equal(run("--check", "-n").code, 0);
});

test("a command that there is not is named with the one that was meant, whatever else is said", () => {
  const { code, text } = run("docter");
  assert.equal(code, 1, text);
  assert.match(text, /^Nothing was done: there is no command docter\. Did you mean doctor\?\n/);
});

test("register does not take a flag that it would not heed", () => {
  rmSync(join(folder, "registration.yaml"), { force: true });
  const { code, text } = run("register", "--forget-logins");
  assert.equal(code, 1, text);
  assert.match(text, /^Nothing was done: --forget-logins is a run of its own/);
  assert.equal(existsSync(join(folder, "registration.yaml")), false);
});
