import { randomBytes } from "node:crypto";
import type { MediaStream } from "@bridgebox/core/adapter";

export interface Multipart {
  readonly body: ReadableStream<Uint8Array>;
  readonly headers: Record<string, string>;
}

const encoder = new TextEncoder();
const quoted = (name: string): string => name.replaceAll(/["\r\n]/g, "_");

/**
 * A message with one file, as it is read: nothing is held but the piece under way
 * (docs.discord.com/developers/reference#uploading-files).
 */
export const multipart = (
  payload: unknown,
  file: { readonly name: string; readonly mime: string; readonly stream: MediaStream },
): Multipart => {
  const boundary = `bridgebox-${randomBytes(18).toString("hex")}`;
  const mime = /^[\w.+-]+\/[\w.+-]+$/.test(file.mime) ? file.mime : "application/octet-stream";
  const head = encoder.encode(
    `--${boundary}\r\nContent-Disposition: form-data; name="payload_json"\r\nContent-Type: application/json\r\n\r\n` +
      `${JSON.stringify(payload)}\r\n--${boundary}\r\nContent-Disposition: form-data; name="files[0]"; ` +
      `filename="${quoted(file.name)}"\r\nContent-Type: ${mime}\r\n\r\n`,
  );
  const tail = encoder.encode(`\r\n--${boundary}--\r\n`);
  const { size, body } = file.stream;
  const length =
    size === undefined ? {} : { "content-length": String(head.length + size + tail.length) };
  return {
    body: ReadableStream.from(pieces(head, body, tail)),
    headers: { "content-type": `multipart/form-data; boundary=${boundary}`, ...length },
  };
};

async function* pieces(
  head: Uint8Array,
  body: ReadableStream<Uint8Array>,
  tail: Uint8Array,
): AsyncGenerator<Uint8Array> {
  yield head;
  yield* body;
  yield tail;
}
