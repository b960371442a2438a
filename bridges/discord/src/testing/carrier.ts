import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { chatId, firstPart } from "@bridgebox/core/adapter";
import type { Connection, MediaRef, MediaStream, Order } from "@bridgebox/core/adapter";
import { createAttempt, MemoryHost } from "@bridgebox/core/testing";
import type { DiscordAccount } from "../config.ts";
import { discord } from "../index.ts";
import { vastBytes } from "./vast.ts";
import type { Carried, Task } from "./vast.ts";

/** A bot in a process of its own, so that what it needs of memory is the adapter's alone. */
const [config, channel = ""] = process.argv.slice(2);
const chat = { id: chatId(channel) };
const host = new MemoryHost();
/** Before a vast file, and with it. */
let rest = 0;
let most = 0;

/** In bytes, without what nobody needs any more. */
const memory = (): number => {
  assert.ok(globalThis.gc, "run it with --expose-gc");
  globalThis.gc();
  return process.memoryUsage.rss();
};

const lookEvery = 16 * 1024 * 1024;

/** Looks at the memory while a file is on its way. */
async function* watched(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
  let passed = 0;
  for await (const piece of pieces) {
    passed += piece.length;
    if (passed >= lookEvery) {
      passed = 0;
      most = Math.max(most, memory());
    }
    yield piece;
  }
}

const openVast = ({ size = 0 }: MediaRef): Promise<MediaStream> =>
  Promise.resolve({ body: ReadableStream.from(watched(vastBytes(size))), size });

const connect = async () => {
  const parsed = discord.config.parse(JSON.parse(config ?? ""));
  assert.ok(parsed.ok, JSON.stringify(parsed));
  const network = await discord.open(host.host, parsed.value);
  const [login] = network.standing ?? [];
  assert.ok(login);
  const session = host.session<DiscordAccount>();
  const media = { ...session.media, open: openVast };
  const connection = await network.connect(login, { ...session, media });
  const close = async (): Promise<void> => {
    await connection.close();
    host.stop();
    await network.close();
  };
  return { connection, close };
};

const perform = async (task: Task, connection: Connection): Promise<Carried> => {
  if (task.first === true) rest = memory();
  most = 0;
  const got = task.do === "send" ? await send(task, connection) : await fetched(task, connection);
  return { ...got, more: most - rest };
};

const send = async (
  { size, speaker }: Extract<Task, { do: "send" }>,
  connection: Connection,
): Promise<Omit<Carried, "more">> => {
  const media = { locator: "vast", name: "vast.bin", mime: "application/octet-stream", size };
  const part = { id: firstPart, kind: "media", as: "file", media } as const;
  const [draft] = connection.plan?.({ chat, speaker, content: { parts: [part] }, at: 0 }) ?? [];
  assert.ok(draft);
  const order: Order = { chat, draft, speaker };
  await connection.send(order, createAttempt(undefined, AbortSignal.timeout(300_000)));
  return { size, hash: "" };
};

const fetched = async (
  { caption }: Extract<Task, { do: "open" }>,
  connection: Connection,
): Promise<Omit<Carried, "more">> => {
  const media = await host.event("the file", (it) => {
    const [part] = it.kind === "message" ? it.content.parts : [];
    const fits = part?.kind === "media" && JSON.stringify(part.caption ?? "").includes(caption);
    return fits && part.media;
  });
  const stream = await connection.open?.(media, AbortSignal.timeout(300_000));
  assert.ok(stream);
  const hash = createHash("sha256");
  let size = 0;
  for await (const piece of watched(stream.body)) {
    hash.update(piece);
    size += piece.length;
  }
  return { size, hash: hash.digest("hex") };
};

const { connection, close } = await connect();
process.on("message", (task: Task) => {
  void perform(task, connection).then(
    (carried) => process.send?.(carried),
    (error: unknown) => process.send?.({ failed: String(error) }),
  );
});
process.once("disconnect", () => void close());
process.send?.({ ready: true });
