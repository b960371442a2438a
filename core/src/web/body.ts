import type { IncomingMessage } from "node:http";

/** `too-long`: the rest of the body is left unread. `not-json`: it cannot be parsed. */
export type JsonBody =
  | { readonly kind: "json"; readonly value: unknown }
  | { readonly kind: "too-long" }
  | { readonly kind: "not-json" };

/** Reads a body once, as it comes, up to `most` bytes, whatever type it claims to be. */
export const readJsonBody = async (request: IncomingMessage, most: number): Promise<JsonBody> => {
  if (Number(request.headers["content-length"] ?? 0) > most) return { kind: "too-long" };
  const encoding = request.headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") return { kind: "not-json" };
  const chunks: Uint8Array[] = [];
  let size = 0;
  const source: AsyncIterable<unknown> = request.iterator({ destroyOnReturn: false });
  for await (const chunk of source) {
    if (!(chunk instanceof Uint8Array)) continue;
    size += chunk.length;
    if (size > most) return { kind: "too-long" };
    chunks.push(chunk);
  }
  try {
    return { kind: "json", value: JSON.parse(Buffer.concat(chunks).toString("utf8")) };
  } catch {
    return { kind: "not-json" };
  }
};
