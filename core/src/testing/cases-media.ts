import assert from "node:assert/strict";
import { BridgeError, firstPart } from "../adapter/index.ts";
import type { Connection, Content, MediaRef, Part } from "../adapter/index.ts";
import { fromPlain } from "../richtext/index.ts";
import type { Case } from "./cases-life.ts";
import { createAttempt } from "./memory-host.ts";
import { ordersOf, sendAll, textOf } from "./scene.ts";
import type { Life } from "./scene.ts";
import type { ServerFile, ShownFile } from "./stage.ts";
import { until } from "./until.ts";

type As = Extract<Part, { kind: "media" }>["as"];

const done = undefined;
const noFiles = "the network has no files that this harness can show";
const noSight = "the harness does not tell which files its server holds";
const signal = () => AbortSignal.timeout(8000);

/** One grey pixel. */
const pixel = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==",
  "base64",
);

const mimes: Readonly<Record<As, string>> = {
  image: "image/png",
  sticker: "image/png",
  gif: "video/mp4",
  video: "video/mp4",
  round: "video/mp4",
  audio: "audio/mpeg",
  voice: "audio/ogg",
  file: "application/octet-stream",
};

const isPicture = (as: As): boolean => as === "image" || as === "sticker";

/** Bytes of its own for each, which are what they say only where that is a picture. */
const bytesFor = (as: As): Uint8Array =>
  isPicture(as)
    ? Buffer.concat([pixel, Buffer.from(as)])
    : Buffer.from(`the bytes of a ${as}`.repeat(200));

const nameFor = (as: As): string => `a ${as}.${mimes[as].split("/")[1] ?? "bin"}`;

/** Files, from the network to the core and back. */
export const mediaCases = {
  "hands over a file as a pointer that opens, also after a restart": async (scene) => {
    const { person } = scene.stage;
    if (!person.show) return noFiles;
    const first = await scene.live();
    const shown: ShownFile = {
      name: "cat.png",
      mime: "image/png",
      bytes: pixel,
      text: "look at it",
    };
    await person.show(shown);
    const { ref, content } = await fileIn(first, "look at it");
    assert.deepEqual(JSON.parse(JSON.stringify(ref)), ref, "a pointer must be plain JSON");
    assert(!JSON.stringify(content).includes(pixel.toString("base64")), "never the bytes");
    assert.deepEqual(await bytesOf(first.connection, ref), pixel);
    assert.deepEqual(await bytesOf(first.connection, ref), pixel, "as often as one likes");
    await first.close();
    const second = await scene.live(first.host.kept);
    assert.deepEqual(await bytesOf(second.connection, ref), pixel);
    return done;
  },

  "a file that nobody waits for is not opened": async (scene) => {
    const { person } = scene.stage;
    if (!person.show) return noFiles;
    const life = await scene.live();
    await person.show({ name: "cat.png", mime: "image/png", bytes: pixel, text: "no hurry" });
    const { ref } = await fileIn(life, "no hurry");
    await assert.rejects(async () => bytesOf(life.connection, ref, AbortSignal.abort()));
    return done;
  },

  "sends a file of each kind that the chat takes, whole and with its caption": async (scene) => {
    const life = await scene.live();
    const kinds = await takes(life);
    if (kinds.length === 0) return "the chat takes no files";
    const { stage } = scene;
    if (!stage.files) return noSight;
    const files = () => stage.files?.() ?? [];
    for (const { as, caption } of kinds) {
      const bytes = bytesFor(as);
      const media = life.host.file(bytes, { name: nameFor(as), mime: mimes[as] });
      const size = isPicture(as) ? { width: 1, height: 1 } : {};
      const words = caption > 0 ? `this is a ${as}` : "";
      await sendAll(life, contentWith({ as, media: { ...media, ...size }, words }));
      const got: ServerFile = await until(
        () => `the ${as} is on the server; there is ${named(files())}`,
        () => files().find((it) => Buffer.compare(it.bytes, bytes) === 0 && fits(it, words)),
      );
      if (as === "file" || as === "image") assert.equal(got.name ?? nameFor(as), nameFor(as));
    }
    return done;
  },

  "a file that breaks off on its way is not shown, and is no mistake of ours": async (scene) => {
    const life = await scene.live();
    const [kind] = await takes(life);
    if (!kind) return "the chat takes no files";
    const { stage } = scene;
    if (!stage.files) return noSight;
    const files = () => stage.files?.() ?? [];
    const broken = life.host.file(Buffer.alloc(300_000, 1), {
      name: nameFor(kind.as),
      mime: mimes[kind.as],
      breaksAfter: 1000,
    });
    const before = files().length;
    const [order] = ordersOf(life, contentWith({ as: kind.as, media: broken, words: "" }));
    assert(order);
    const error = await failure(life.connection.send(order, createAttempt()));
    assert.notEqual(error.code, "internal", error.message);
    assert.equal(files().length, before);
    return done;
  },

  "a file that is too large says so, and reached nobody": async (scene) => {
    const life = await scene.live();
    const [kind] = await takes(life);
    if (!kind) return "the chat takes no files";
    const large = life.host.file(pixel, {
      name: nameFor(kind.as),
      mime: mimes[kind.as],
      refuses: new BridgeError("too_large", "It is too large.", { reached: "no", scope: "item" }),
    });
    const [order] = ordersOf(life, contentWith({ as: kind.as, media: large, words: "" }));
    assert(order);
    const error = await failure(life.connection.send(order, createAttempt()));
    assert.deepEqual([error.code, error.reached], ["too_large", "no"]);
    return done;
  },
} as const satisfies Record<string, Case>;

const takes = async (life: Life): Promise<readonly { as: As; caption: number }[]> => {
  const { features } = await life.connection.describe(life.chat, signal());
  if (!features.parts.includes("media")) return [];
  const kinds: readonly As[] = [
    "image",
    "video",
    "audio",
    "file",
    "sticker",
    "gif",
    "voice",
    "round",
  ];
  return kinds.flatMap((as) => {
    const limits = features.media[as];
    return limits ? [{ as, caption: limits.caption }] : [];
  });
};

const contentWith = (file: {
  readonly as: As;
  readonly media: MediaRef;
  readonly words: string;
}): Content => ({
  parts: [
    {
      id: firstPart,
      kind: "media",
      as: file.as,
      media: file.media,
      ...(file.words === "" ? {} : { caption: fromPlain(file.words) }),
    },
  ],
});

const fits = ({ text = "" }: ServerFile, words: string): boolean => text.includes(words);

const named = (files: readonly ServerFile[]): string =>
  JSON.stringify(files.map(({ name, text, bytes }) => ({ name, text, size: bytes.length })));

const fileIn = (
  life: Life,
  caption: string,
): Promise<{ readonly ref: MediaRef; readonly content: Content }> =>
  life.host.event(`a file with the words ${JSON.stringify(caption)}`, (event) => {
    if (event.kind !== "message") return undefined;
    const media = event.content.parts.find((part) => part.kind === "media");
    const words = JSON.stringify(event.content);
    const said = words.includes(caption) || textOf(event.content).includes(caption);
    return media && said ? { ref: media.media, content: event.content } : undefined;
  });

const bytesOf = async (
  connection: Connection,
  ref: MediaRef,
  until = signal(),
): Promise<Uint8Array> => {
  const file = await connection.open?.(structuredClone(ref), until);
  assert(file, "what hands over files can open them");
  return Buffer.from(await new Response(file.body).arrayBuffer());
};

const failure = async (sending: Promise<unknown>): Promise<BridgeError> => {
  const error: unknown = await sending.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert(error instanceof BridgeError, `it failed with a BridgeError, not ${String(error)}`);
  return error;
};
