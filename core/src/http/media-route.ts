import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Request, RequestHandler, Response } from "express";
import type { Log, Millis } from "../adapter/index.ts";
import { handler, refuse, wrongMethod } from "../web/answers.ts";

/** A file on its way out. */
export interface PublicFile {
  readonly body: ReadableStream<Uint8Array>;
  /** Bytes, if known. */
  readonly size?: number | undefined;
  readonly mime?: string | undefined;
}

export interface MediaRouteOptions {
  /** What a signed path stands for; nothing if it is altered, expired or none of ours. */
  readonly read: (path: string) => { readonly mxc: string; readonly name: string } | undefined;
  /** @throws if the file is not there or too large. */
  readonly open: (mxc: string, signal: AbortSignal) => Promise<PublicFile>;
  readonly log: Log;
  /** How long somebody may take nothing of an answer before it is ended; 15 s. */
  readonly patience?: Millis;
}

/** How many files may be on their way at once: a link that is passed around is no flood. */
const most = 16;
/** And of one link. */
const mostOfOne = 2;

/** Types that no browser runs; every other one is only bytes. */
const harmless =
  /^(?:image\/(?:jpeg|png|gif|webp|apng|avif)|video\/(?:mp4|webm|ogg|quicktime)|audio\/(?:mp4|mpeg|ogg|webm|wav|aac|flac)|text\/plain)$/;

/**
 * Files of Matrix for whoever has a signed link, to be mounted at `/media`. Whatever is in a file, a
 * browser saves it and runs nothing of it.
 */
export const mediaRoute = (options: MediaRouteOptions): RequestHandler => {
  const { patience = 15_000 } = options;
  const links = new Map<string, number>();
  let running = 0;
  return handler(async (request, response, next) => {
    if (request.method !== "GET" && request.method !== "HEAD")
      return wrongMethod(request, response, next);
    const link = options.read(request.originalUrl);
    if (link === undefined)
      return refuse(response, 404, {
        errcode: "M_NOT_FOUND",
        error: "There is no file – the link is wrong or has expired – ask for a new one.",
      });
    const same = links.get(request.originalUrl) ?? 0;
    if (running >= most || same >= mostOfOne) {
      response.set("retry-after", "5");
      return refuse(response, 503, {
        errcode: "M_LIMIT_EXCEEDED",
        error: "The file was not sent – too many are on their way – try again.",
      });
    }
    running += 1;
    links.set(request.originalUrl, same + 1);
    endWhenStuck(response, patience);
    try {
      await serve(options, link, { request, response });
    } finally {
      running -= 1;
      const left = (links.get(request.originalUrl) ?? 1) - 1;
      if (left > 0) links.set(request.originalUrl, left);
      else links.delete(request.originalUrl);
    }
  });
};

/** Looks twice: what the homeserver is slow with is not the reader's doing. */
const endWhenStuck = (response: Response, patience: Millis): void => {
  let stuck = false;
  const looking = setInterval(() => {
    if (stuck) response.destroy();
    if (response.closed) clearInterval(looking);
    stuck = response.writableNeedDrain || response.writableEnded;
  }, patience / 2);
  response.on("drain", () => (stuck = false));
  response.once("close", () => clearInterval(looking));
};

const serve = async (
  { open, log }: MediaRouteOptions,
  { mxc, name }: { readonly mxc: string; readonly name: string },
  { request, response }: { readonly request: Request; readonly response: Response },
): Promise<void> => {
  const stop = new AbortController();
  response.once("close", () => stop.abort());
  const file = await open(mxc, stop.signal).catch((error: unknown) => {
    log.info("a public file was not had", {
      why: error instanceof Error ? error.message : "unknown",
    });
  });
  if (file === undefined)
    return refuse(response, 502, {
      errcode: "M_NOT_FOUND",
      error: "The file was not sent – the homeserver did not give it, or it is too large.",
    });
  response.set({
    "content-type": harmless.test(file.mime ?? "") ? file.mime : "application/octet-stream",
    "content-disposition": `attachment; filename="file"; filename*=UTF-8''${encoded(name)}`,
    "content-security-policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "cross-origin",
    "x-robots-tag": "noindex",
    ...(file.size === undefined ? {} : { "content-length": String(file.size) }),
  });
  if (request.method === "HEAD") {
    await file.body.cancel().catch(() => undefined);
    return void response.end();
  }
  await pipeline(Readable.fromWeb(asNode(file.body)), response).catch((error: unknown) => {
    log.info("a public file broke off", { why: error instanceof Error ? error.message : "" });
    response.destroy();
  });
};

type NodeStream = Parameters<typeof Readable.fromWeb>[0];

/** The same stream: Node types its own apart from the web's. */
const asNode = (body: ReadableStream<Uint8Array>): NodeStream => body as NodeStream;

/** RFC 5987: what `encodeURIComponent` leaves and a header may not have. */
const encoded = (name: string): string =>
  encodeURIComponent(name.toWellFormed()).replaceAll(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
