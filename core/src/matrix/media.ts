import { randomUUID } from "node:crypto";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../flow/gate.ts";
import { notMatrix } from "./fault.ts";
import { parseMxc } from "./mxc.ts";
import { textAt } from "./parse.ts";
import { path } from "./path.ts";
import {
  type Call,
  type HomeserverMedia,
  type JsonObject,
  type MediaBytes,
  MatrixError,
} from "./types.ts";
import type { Ask, Opened, Wire } from "./wire.ts";
import { headerOf } from "./wire-body.ts";

/** How long the homeserver's upload limit is believed, in milliseconds. */
const limitAge = 600_000;

/** Media both ways, streamed: authenticated media and asynchronous uploads (spec §11.8). */
export const mediaOver = (
  wire: Wire,
  { clock, spool }: { readonly clock: Clock; readonly spool: string },
): HomeserverMedia => {
  let known: { readonly at: number; readonly limit: number | undefined } | undefined;

  const limit = async (call: Call): Promise<number | undefined> => {
    if (known !== undefined && clock.now() - known.at < limitAge) return known.limit;
    const config = await newestOrLegacy((version, expected) => {
      const ask = { does: "ask for the upload limit", method: "GET" as const, ...expected };
      return wire.json({ ...ask, path: `${version}/config` }, call);
    });
    const size = config["m.upload.size"];
    known = {
      at: clock.now(),
      limit: typeof size === "number" && size >= 0 ? size : undefined,
    };
    return known.limit;
  };

  const send = async (
    file: MediaBytes,
    place: { readonly method: "PUT" | "POST"; readonly path: string },
    call: Call,
  ): Promise<JsonObject> => {
    const most = await limit(call).catch(() => undefined);
    if (file.size !== undefined && most !== undefined && file.size > most) {
      await file.body.cancel();
      throw tooLarge(most);
    }
    await using load = await loadOf(file, { most, spool });
    const ask = { does: "upload a file", ...place, query: { filename: file.name } };
    try {
      return await wire.upload(ask, { ...load.bytes, mime: file.mime }, call);
    } catch (error) {
      if (!file.body.locked) await file.body.cancel();
      throw error;
    }
  };

  return {
    limit,
    create: async (call) => {
      const does = "reserve a place for a file";
      const ask = { does, method: "POST" as const, path: "/_matrix/media/v1/create", body: {} };
      const isExpected = (it: unknown): boolean => isUnknown(it) || isTooMany(it);
      const answer = await wire.reserve({ ...ask, isExpected }, call);
      return answer && mxcIn(answer, does);
    },
    put: async (mxc, file, call) => {
      const { server, id } = mustBeMxc(mxc);
      const place = {
        method: "PUT" as const,
        path: path`/_matrix/media/v3/upload/${server}/${id}`,
      };
      try {
        await send(file, place, call);
      } catch (error) {
        if (error instanceof MatrixError && error.status === 409) return;
        throw error;
      }
    },
    post: async (file, call) => {
      const place = { method: "POST" as const, path: "/_matrix/media/v3/upload" };
      return mxcIn(await send(file, place, call), "upload a file");
    },
    get: async (mxc, call) => {
      const { server, id } = mustBeMxc(mxc);
      const ask = { does: "fetch a file", method: "GET" as const };
      const opened = await newestOrLegacy((version, expected) => {
        const file = { ...ask, ...expected, path: version + path`/download/${server}/${id}` };
        return wire.download(file, call);
      });
      const size = headerOf(opened.answer, "content-length");
      return {
        body: streamOf(opened, ask.does),
        size: size === undefined ? undefined : Number(size),
        mime: essenceOf(headerOf(opened.answer, "content-type")),
      };
    },
  };
};

/** Authenticated media first; `/media/v3` where the server does not know it. */
const newestOrLegacy = async <T>(
  ask: (version: string, expected: Pick<Ask, "isExpected">) => Promise<T>,
): Promise<T> => {
  try {
    return await ask("/_matrix/client/v1/media", { isExpected: isUnknown });
  } catch (error) {
    if (!isUnknown(error)) throw error;
    return ask("/_matrix/media/v3", {});
  }
};

/** The homeserver has no such path. */
const isUnknown = (error: unknown): boolean =>
  error instanceof MatrixError &&
  (error.status === 404 || error.status === 405) &&
  (error.errcode === "M_UNRECOGNIZED" || error.errcode === "HTTP");

/**
 * Too many places are reserved and not filled yet. A homeserver that limits the appservice then asks
 * for patience until the first expires, a day (Synapse: `max_pending_media_uploads`).
 */
const isTooMany = (error: unknown): boolean => error instanceof MatrixError && error.status === 429;

const mxcIn = (answer: JsonObject, does: string): string => {
  const mxc = textAt(answer, "content_uri");
  if (mxc === undefined || parseMxc(mxc) === undefined)
    throw notMatrix(does, "the answer names no place", 200);
  return mxc;
};

/** The type without parameters: servers add a charset of their own to text. */
const essenceOf = (type: string | undefined): string | undefined =>
  type?.split(";")[0]?.trim().toLowerCase();

const mustBeMxc = (mxc: string): { server: string; id: string } => {
  const parts = parseMxc(mxc);
  if (parts) return parts;
  throw new MatrixError("M_INVALID_PARAM", "The file was not asked for: its address is no mxc.", {
    status: 0,
    reached: "no",
  });
};

const tooLarge = (most: number): MatrixError =>
  new MatrixError(
    "M_TOO_LARGE",
    `The file was not uploaded: it is larger than this homeserver takes (${most} bytes).`,
    { status: 413, reached: "no" },
  );

interface Loaded extends AsyncDisposable {
  readonly bytes: { readonly chunks: AsyncIterable<Uint8Array>; readonly size: number };
}

/** A length is needed by some servers: where it is unknown the bytes go through a temporary file. */
const loadOf = async (
  file: MediaBytes,
  { most, spool }: { readonly most: number | undefined; readonly spool: string },
): Promise<Loaded> => {
  if (file.size !== undefined) {
    return {
      bytes: { chunks: counted(file.body, { exactly: file.size }), size: file.size },
      [Symbol.asyncDispose]: async () => undefined,
    };
  }
  const handle = await nameless(spool);
  let size = 0;
  try {
    for await (const chunk of counted(file.body, { most })) {
      size += chunk.length;
      await handle.writeFile(chunk);
    }
  } catch (error) {
    await handle.close();
    throw error;
  }
  return {
    bytes: { chunks: chunksOf(handle), size },
    [Symbol.asyncDispose]: () => handle.close(),
  };
};

/** A file that nobody can find, and that is gone with its handle, however the process ends. */
const nameless = async (folder: string): Promise<FileHandle> => {
  const place = join(folder, `bridgebox-${randomUUID()}`);
  const handle = await open(place, "wx+", 0o600);
  try {
    await unlink(place);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
};

/**
 * The bytes as they come, as long as they keep to their size. When their source breaks off, the error
 * says so: it is no fault of the homeserver, and its gate stays as it is.
 */
async function* counted(
  body: ReadableStream<Uint8Array>,
  size: { readonly exactly?: number; readonly most?: number | undefined },
): AsyncGenerator<Uint8Array> {
  const { exactly, most } = size;
  let count = 0;
  const reader = body.getReader();
  try {
    for (;;) {
      const next = await reader.read().catch((error: unknown) => {
        throw brokenOff("its source broke off", error);
      });
      if (next.done) break;
      count += next.value.length;
      if (most !== undefined && count > most) throw tooLarge(most);
      if (exactly !== undefined && count > exactly) throw brokenOff("it is longer than announced");
      yield next.value;
    }
    if (exactly !== undefined && count < exactly) throw brokenOff("it is shorter than announced");
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

const brokenOff = (why: string, cause?: unknown): MatrixError =>
  new MatrixError("SOURCE", `The file was not uploaded: ${why}.`, {
    status: 0,
    reached: "no",
    cause,
  });

/** From its beginning, as the upload takes it. */
async function* chunksOf(file: FileHandle): AsyncGenerator<Uint8Array> {
  for (let at = 0; ;) {
    const { bytesRead, buffer } = await file.read({ buffer: new Uint8Array(65_536), position: at });
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}

/** The body as a stream that takes from the socket only what its reader takes. */
const streamOf = ({ answer, limit }: Opened, does: string): ReadableStream<Uint8Array> => {
  const source: AsyncIterable<unknown> = answer.body;
  const chunks = source[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          const next = await chunks.next();
          if (next.value instanceof Uint8Array) return controller.enqueue(next.value);
          limit.end();
          controller.close();
        } catch (error) {
          limit.end();
          controller.error(limit.fault(does, error));
        }
      },
      cancel: () => {
        limit.end();
        answer.body.destroy();
      },
    },
    { highWaterMark: 0 },
  );
};
