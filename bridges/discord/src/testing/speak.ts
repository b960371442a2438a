import { firstPart } from "@bridgebox/core/adapter";
import type { Connection, Order, RichText, Speaker } from "@bridgebox/core/adapter";
import { createAttempt } from "@bridgebox/core/testing";

export const self: Speaker = { as: "self" };
export const relayed = (name: string): Speaker => ({ as: "relay", handle: "someone", name });

/** Says a text in as many pieces as it takes. */
export const sendAll = async (
  connection: Connection,
  chat: Order["chat"],
  text: RichText,
  speaker: Speaker,
): Promise<void> => {
  const content = { parts: [{ id: firstPart, kind: "text", text }] } as const;
  for (const draft of connection.plan?.({ chat, speaker, content, at: 0 }) ?? []) {
    await connection.send({ chat, draft, speaker }, createAttempt());
  }
};
