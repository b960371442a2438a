import type { IncomingMessage } from "node:http";

/** `too-long`: the rest of the body is left unread. `not-json`: it cannot be parsed. */
export type JsonBody =
  | { readonly kind: "json"; readonly value: unknown }
  | { readonly kind: "too-long" }
  | { readonly kind: "not-json" };

/**
 * The bytes of a body as they came; `too-long`: the rest of it is left unread. `full`: so it is because
 * `take`, which is asked for each piece, refused one.
 */
export const readBytes = async (
  request: IncomingMessage,
  most: number,
  take: (bytes: number) => boolean = () => true,
): Promise<Buffer<ArrayBuffer> | "too-long" | "full"> => {
  if (Number(request.headers["content-length"] ?? 0) > most) return "too-long";
  const chunks: Uint8Array[] = [];
  let size = 0;
  const source: AsyncIterable<unknown> = request.iterator({ destroyOnReturn: false });
  for await (const chunk of source) {
    if (!(chunk instanceof Uint8Array)) continue;
    size += chunk.length;
    if (size > most) return "too-long";
    if (!take(chunk.length)) return "full";
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

/** Reads a body once, as it comes, up to `most` bytes, whatever type it claims to be. */
export const readJsonBody = async (request: IncomingMessage, most: number): Promise<JsonBody> => {
  const encoding = request.headers["content-encoding"];
  if (Number(request.headers["content-length"] ?? 0) > most) return { kind: "too-long" };
  if (encoding !== undefined && encoding !== "identity") return { kind: "not-json" };
  const bytes = await readBytes(request, most);
  if (typeof bytes === "string") return { kind: "too-long" };
  try {
    return { kind: "json", value: JSON.parse(bytes.toString("utf8")) };
  } catch {
    return { kind: "not-json" };
  }
};
