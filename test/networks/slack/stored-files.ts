import type { IncomingMessage, ServerResponse } from "node:http";
import type { World } from "./world.ts";

/** Takes what is uploaded: the bytes of one file, raw or as a form, of the length that was said. */
export const takeUpload = async (
  world: World,
  { request, response, body }: { request: IncomingMessage; response: ServerResponse; body: Buffer },
  violation: (what: string) => void,
): Promise<void> => {
  const id = new URL(request.url ?? "/", "http://slack").pathname.split("/").at(-1) ?? "";
  const file = world.files.get(id);
  if (!file) return void response.writeHead(404).end();
  if (request.headers.authorization !== undefined) violation("an upload that shows its token");
  if (request.headers["content-length"] === undefined) violation("an upload of unknown length");
  const type = request.headers["content-type"] ?? "";
  file.bytes = type.startsWith("multipart/") ? await fromForm(body, type) : new Uint8Array(body);
  if (file.bytes.length !== file.size)
    violation(`an upload of ${file.bytes.length} bytes that was to be ${file.size}`);
  response.writeHead(200).end(`OK - ${file.bytes.length}`);
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
export const giveFile = (
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
): void => {
  const [, , place = ""] = (request.url ?? "").split("/");
  const file = world.files.get(place.split("-").at(-1) ?? "");
  const sent = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
  const token = world.tokens.get(sent ?? "");
  const cookie = /(?:^|; ?)d=([^;]+)/.exec(request.headers.cookie ?? "")?.[1];
  const may =
    token !== undefined &&
    !token.revoked &&
    (token.kind === "session" ? token.cookie === cookie : token.scopes.has("files:read"));
  if (!file?.bytes || file.deleted || !may) {
    response.writeHead(302, { location: "/signin" }).end();
    return;
  }
  response.writeHead(200, { "content-type": file.mime, "content-length": file.bytes.length });
  response.end(file.bytes);
};
