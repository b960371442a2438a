import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { AppServiceRegistration } from "matrix-appservice-bridge";

import { buildDoublePuppet } from "./double-puppet.ts";
import { readRegistration } from "./file.ts";
import { runDoublePuppet } from "./register.ts";
import type { RegistrationPlan } from "./types.ts";

let folder = "";
before(() => {
  folder = mkdtempSync(join(tmpdir(), "bridgebox-double-puppet-"));
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
  networks: [{ id: "one", type: "acme", ghostPrefix: "one_", aliasPrefix: "one_" }],
};

const register = (path: string, config: RegistrationPlan = plan, named = false) => {
  const lines: string[] = [];
  const beside = join(folder, "registration.yaml");
  const print = (line: string): void => void lines.push(line);
  return { code: runDoublePuppet({ config, path, beside, named, print }), text: lines.join("\n") };
};

test("it covers the people of this homeserver, keeps nobody from a name, and nothing is pushed to it", () => {
  const made = buildDoublePuppet(plan);
  const library = AppServiceRegistration.fromObject(made);
  assert.ok(library.isUserMatch("@ana:server.test", false));
  assert.equal(library.isUserMatch("@ana:server.test", true), false, "not exclusive");
  for (const stranger of ["@ana:other.test", "@ana:serverxtest", "@ana:server.test.evil"])
    assert.equal(library.isUserMatch(stranger, false), false, stranger);
  assert.deepEqual([made.url, made.rate_limited], [null, false]);
  assert.equal(made["de.sorunome.msc2409.push_ephemeral"], undefined);
  assert.notEqual(made.as_token, made.hs_token);
  assert.notEqual(made.sender_localpart, plan.appservice.bot.username);
});

test("what is no registration is repaired, or made anew by the command of this one", () => {
  const path = join(folder, "broken.yaml");
  writeFileSync(path, "id: [");
  const { code, text } = register(path);
  assert.equal(code, 21);
  assert.match(text, /is not YAML\. .* run `npm run register -- --double-puppet`, which makes new/);
  writeFileSync(path, "id: x");
  assert.match(register(path).text, /no usable as_token\. .* -- --double-puppet`/);
});

test("the file is this user's only; run again it changes nothing and keeps the tokens", () => {
  const path = join(folder, "doublepuppet.yaml");
  assert.equal(register(path).code, 0);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const first = readFileSync(path, "utf8");
  assert.match(register(path).text, /nothing changed/);
  assert.equal(readFileSync(path, "utf8"), first);
  const read = readRegistration(path);
  assert.ok(read.ok);
  assert.equal(read.registration.url, null);
});

test("the lines name both files in one list, and what the box's config needs; no token but for Conduit", () => {
  const path = join(folder, "lines.yaml");
  const { text } = register(path);
  const read = readRegistration(path);
  assert.ok(read.ok);
  assert.ok(
    text.includes(
      `app_service_config_files:\n  - ${join(folder, "registration.yaml")}\n  - ${path}`,
    ),
    text,
  );
  assert.ok(text.includes(`double_puppet:\n  registration: "${path}"`), text);
  assert.match(text, /bridgebox-doublepuppet\.yaml$/m);
  assert.ok(!text.includes(read.registration.as_token));
  assert.ok(!register(path, plan, true).text.includes("double_puppet:"));
  const conduit = { ...plan, homeserver: { ...plan.homeserver, software: "conduit" as const } };
  assert.ok(register(path, conduit).text.includes(read.registration.as_token));
});
