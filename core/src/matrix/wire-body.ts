import type { Dispatcher } from "undici";

/** One header, the first if there are several. */
export const headerOf = (answer: Dispatcher.ResponseData, name: string): string | undefined => {
  const value = answer.headers[name];
  return typeof value === "string" ? value : value?.[0];
};

/** The body as text; undefined if it is longer than `most` bytes: then the connection is given up. */
export const readText = async (
  answer: Dispatcher.ResponseData,
  most: number,
): Promise<string | undefined> => {
  const declared = Number(headerOf(answer, "content-length") ?? Number.NaN);
  if (declared <= most) return answer.body.text();
  const chunks: Uint8Array[] = [];
  let size = 0;
  const source: AsyncIterable<unknown> = answer.body;
  for await (const chunk of source) {
    if (!(chunk instanceof Uint8Array)) continue;
    size += chunk.length;
    if (size > most) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
};

/** JSON, or `otherwise` where it is none. */
export const parseOr = (text: string | undefined, otherwise: unknown): unknown => {
  if (text === undefined) return otherwise;
  try {
    return JSON.parse(text);
  } catch {
    return otherwise;
  }
};
