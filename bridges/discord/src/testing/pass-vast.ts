import assert from "node:assert/strict";
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import type { Speaker } from "@bridgebox/core/adapter";
import { configFor, openFixture } from "./fixture.ts";
import { vastBytes, vastHash } from "./vast.ts";
import type { Carried, Task } from "./vast.ts";

const mebibyte = 1024 * 1024;
const self: Speaker = { as: "self" };
const ana: Speaker = { as: "relay", handle: "ana", name: "Ana" };
type Sending = Extract<Task, { do: "send" }>;
const program = fileURLToPath(new URL("carrier.ts", import.meta.url));

const told = async (child: ChildProcess): Promise<unknown> => {
  const [message] = (await Promise.race([
    once(child, "message"),
    once(child, "exit").then(() => Promise.reject(new Error("the carrier ended"))),
  ])) as unknown[];
  return message;
};

const carry = async (child: ChildProcess, task: Task): Promise<Carried> => {
  const answer = told(child);
  child.send(task);
  const carried = (await answer) as Carried | { readonly failed: string };
  assert.ok("more" in carried, JSON.stringify(carried));
  return carried;
};

/** A file of that size passes each way, and the adapter has no more than `most` bytes more meanwhile. */
export const passVast = async (
  t: TestContext,
  { size: vast, most }: { readonly size: number; readonly most: number },
): Promise<void> => {
  const fixture = await openFixture();
  const { server, bob, channel } = fixture;
  const hashes = new Map<number, string>();
  const hashOf = (size: number): string => {
    const hash = hashes.get(size) ?? vastHash(size);
    hashes.set(size, hash);
    return hash;
  };
  const config = JSON.stringify({ ...configFor(server), token: server.token });
  const child = fork(program, [config, channel.id], {
    execArgv: ["--expose-gc"],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  try {
    await told(child);

    const send = async (task: Omit<Sending, "do">): Promise<number> => {
      const { more } = await carry(child, { do: "send", ...task });
      const [upload] = server
        .posts(channel)
        .slice(-1)
        .flatMap((post) => server.filesOf(post));
      assert.deepEqual(upload?.vast, { size: task.size, hash: hashOf(task.size) });
      return more;
    };
    const open = async (size: number, caption: string): Promise<number> => {
      const pieces = () => vastBytes(size);
      const type = "application/octet-stream";
      const data = Buffer.alloc(0);
      const file = { key: "files[0]", name: "vast.bin", type, data, vast: { size, pieces } };
      server.say(bob, channel, caption, { files: [file] });
      const { more, ...got } = await carry(child, { do: "open", caption });
      assert.deepEqual(got, { size, hash: hashOf(size) });
      return more;
    };

    // Once before, so that what stays loaded is not counted.
    for (const speaker of [self, ana]) await send({ size: 17 * mebibyte, speaker });
    await open(17 * mebibyte, "once before");
    for (const [way, pass] of [
      ["to Discord, by the bot", () => send({ size: vast, speaker: self, first: true })],
      ["to Discord, by webhook", () => send({ size: vast, speaker: ana })],
      ["from Discord", () => open(vast, "the vast one")],
    ] as const) {
      const more = await pass();
      t.diagnostic(`${way}: ${Math.round(more / mebibyte)} MiB more than before`);
      assert.ok(more < most, `${way}: ${more / mebibyte} MiB`);
    }
  } finally {
    const ended = child.exitCode === null ? once(child, "exit") : undefined;
    if (child.connected) child.disconnect();
    await ended;
    await fixture.close();
  }
};
