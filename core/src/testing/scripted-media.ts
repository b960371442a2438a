import type { Call, HomeserverMedia, JsonObject } from "../matrix/types.ts";
import { bytesOf } from "./scripted-file.ts";
import type { ScriptedFile } from "./scripted-file.ts";
import { refusal } from "./scripted-call.ts";

/** Where the files are, and what a test decides about them. */
interface Files {
  readonly domain: string;
  readonly files: Map<string, ScriptedFile | undefined>;
  readonly mediaLimit: number | undefined;
  readonly reserves: boolean;
}

type Doing = <T>(call: Call, what: JsonObject, work: () => T) => Promise<T>;

/** The files of a homeserver in memory. */
export const scriptedMedia = (at: Files, doing: Doing): HomeserverMedia => ({
  limit: () => Promise.resolve(at.mediaLimit),
  create: (call) =>
    doing(call, { does: "create" }, () => {
      if (!at.reserves) return undefined;
      const mxc = `mxc://${at.domain}/m${at.files.size + 1}`;
      at.files.set(mxc, undefined);
      return mxc;
    }),
  put: async (mxc, file, call) => {
    const bytes = await bytesOf(file.body);
    await doing(call, { does: "put", mxc }, () => {
      if (!at.files.has(mxc)) throw refusal("M_NOT_FOUND", 404);
      if (at.files.get(mxc) === undefined)
        at.files.set(mxc, { bytes, mime: file.mime, name: file.name });
    });
  },
  post: async (file, call) => {
    const bytes = await bytesOf(file.body);
    return doing(call, { does: "post" }, () => {
      const mxc = `mxc://${at.domain}/m${at.files.size + 1}`;
      at.files.set(mxc, { bytes, mime: file.mime, name: file.name });
      return mxc;
    });
  },
  get: (mxc, call) =>
    doing(call, { does: "get", mxc }, () => {
      const file = at.files.get(mxc);
      if (file === undefined) throw refusal("M_NOT_FOUND", 404);
      const body = ReadableStream.from([new TextEncoder().encode(file.bytes)]);
      return { body, size: file.bytes.length, mime: file.mime };
    }),
});
