import assert from "node:assert/strict";
import {
  firstPart,
  type ChatRef,
  type Content,
  type MediaRef,
  type Part,
} from "@bridgebox/core/adapter";
import { createAttempt } from "@bridgebox/core/testing";
import { ordersFor, outgoing, type Live } from "./login.ts";

export type MediaPart = Extract<Part, { kind: "media" }>;

/** One file of a message. */
export const part = (
  media: MediaRef,
  as: MediaPart["as"],
  more: Partial<MediaPart> = {},
): MediaPart => ({
  id: firstPart,
  kind: "media",
  as,
  media,
  ...more,
});

/** Plans and sends as the core does. */
export const sendParts = async (
  { connection }: Live,
  chat: ChatRef,
  parts: readonly Part[],
  more: Partial<Content> = {},
) => {
  const orders = ordersFor(connection, { ...outgoing(chat, ""), content: { parts, ...more } });
  const sent = [];
  for (const order of orders) {
    const result = await connection.send(order, createAttempt());
    assert.ok(result.state === "sent");
    sent.push(result.sent);
  }
  return sent;
};

/** A file, whole. */
export const read = async ({ connection }: Live, media: MediaRef): Promise<Buffer> => {
  const stream = await connection.open?.(media, AbortSignal.timeout(30_000));
  assert.ok(stream);
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream.body) chunks.push(chunk);
  return Buffer.concat(chunks);
};

/** The file of a message that came in. */
export const heardMedia = async (me: Live, id: number): Promise<MediaPart> => {
  const event = await me.core.until(() =>
    me.core.of("message").find((each) => each.id === String(id)),
  );
  const [first] = event.content.parts;
  assert.ok(first?.kind === "media", JSON.stringify(event.content));
  return first;
};
