import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { acme } from "../config/fixture.ts";
import { configFor, path, inFolder } from "./fixture.ts";
import { runDoctor } from "./index.ts";

const look = async (env: Readonly<Record<string, string>> = {}): Promise<string> => {
  let text = "";
  const say = (line: string): void => void (text += `${line}\n`);
  const source = { env, adapters: { acme: async () => acme } };
  const { signal } = new AbortController();
  await runDoctor({ argv: ["-c", path("config.yaml")], source, say, complain: say, signal });
  return text;
};

inFolder(
  "a config with a secret in it is for its owner, and for a group only knowingly",
  async () => {
    await configFor("http://127.0.0.1:9");
    for (const [mode, says] of [
      [0o600, undefined],
      [0o640, "A group"],
      [0o644, "Everybody on this machine"],
    ] as const) {
      chmodSync(path("config.yaml"), mode);
      const found = /^warning {2}config mode: (.*) can read /m.exec(await look());
      assert.equal(found?.[1], says, mode.toString(8));
    }
  },
);

inFolder("secrets that come by the environment are not the file's", async () => {
  const text = `homeserver: { address: "http://127.0.0.1:9", domain: server.test }
networks: { acme: { server: acme.test } }
`;
  writeFileSync(path("config.yaml"), text);
  chmodSync(path("config.yaml"), 0o644);
  const env = {
    BRIDGEBOX_NETWORKS__ACME__PASSWORD: "hunter2hunter2",
    BRIDGEBOX_DATABASE__URI: "postgres://box:hunter2hunter2@127.0.0.1:9/box",
  };
  const said = await look(env);
  assert.match(said, /^ok {7}config: /m);
  assert.doesNotMatch(said, /config mode/);
  writeFileSync(
    path("config.yaml"),
    text.replace("acme.test", "acme.test, password: hunter2hunter2"),
  );
  assert.match(await look(env), /^warning {2}config mode: /m);
});
