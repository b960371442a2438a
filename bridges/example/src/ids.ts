import { chatId, messageId, userId } from "@bridgebox/core/adapter";

/** The only file that makes ids: what the network calls things, as the core calls them. */
export const room = (name: string) => ({ id: chatId(name) });
export const user = userId;
export const message = messageId;
