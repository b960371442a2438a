import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Upload } from "./model.ts";
import type { World } from "./world.ts";

/** Larger files are counted and hashed, and not held. */
const mostHeld = 16 * 1024 * 1024;

export const collect = async (chunks: AsyncIterable<Buffer>): Promise<Buffer> => {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
};

/** Takes what is uploaded: the bytes of one file, raw or as a form, of the length that was said. */
export const takeUpload = async (
  world: World,
  { request, response }: { request: IncomingMessage; response: ServerResponse },
  violation: (what: string) => void,
): Promise<void> => {
  const id = new URL(request.url ?? "/", "http://slack").pathname.split("/").at(-1) ?? "";
  const file = world.files.get(id);
  if (!file) {
    request.resume();
    return void response.writeHead(404).end();
  }
  if (request.headers.authorization !== undefined) violation("an upload that shows its token");
  if (request.headers["content-length"] === undefined) violation("an upload of unknown length");
  const type = request.headers["content-type"] ?? "";
  const form = type.startsWith("multipart/");
  const { size, ...got } = await held(
    form ? [await fromForm(await collect(request), type)] : request,
  );
  Object.assign(file, got);
  if (size !== file.size) violation(`an upload of ${size} bytes that was to be ${file.size}`);
  response.writeHead(200).end(`OK - ${size}`);
};

const held = async (
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<Pick<Upload, "size" | "bytes" | "hash">> => {
  const hash = createHash("sha256");
  let all: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    hash.update(chunk);
    size += chunk.length;
    if (size > mostHeld) all = [];
    else all.push(chunk);
  }
  const bytes = size > mostHeld ? undefined : new Uint8Array(Buffer.concat(all));
  return { size, bytes, hash: hash.digest("hex") };
};

const fromForm = async (body: Buffer, type: string): Promise<Uint8Array> => {
  const form = await new Response(new Uint8Array(body), {
    headers: { "content-type": type },
  }).formData();
  for (const value of form.values())
    if (typeof value !== "string") return new Uint8Array(await value.arrayBuffer());
  return new Uint8Array();
};

/** A private file: whoever has no token that may read it is sent to a sign-in page. */
export const giveFile = async (
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const [, , place = ""] = (request.url ?? "").split("/");
  const file = world.files.get(place.split("-").at(-1) ?? "");
  const sent = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
  const token = world.tokens.get(sent ?? "");
  const cookie = /(?:^|; ?)d=([^;]+)/.exec(request.headers.cookie ?? "")?.[1];
  const may =
    token !== undefined &&
    !token.revoked &&
    (token.kind === "session" ? token.cookie === cookie : token.scopes.has("files:read"));
  const pieces = file?.pieces?.() ?? (file?.bytes && [file.bytes]);
  if (!file || !pieces || file.deleted || !may) {
    response.writeHead(302, { location: "/signin" }).end();
    return;
  }
  if (file.redirect !== undefined) {
    response.writeHead(302, { location: file.redirect }).end();
    return;
  }
  response.writeHead(200, { "content-type": file.mime, "content-length": file.size });
  // Whoever reads it may have enough of it.
  await pipeline(Readable.from(pieces), response).catch(() => undefined);
};
