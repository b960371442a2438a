export {
  TelegramServer,
  type SayOptions,
  type TelegramEvents,
  type TelegramServerOptions,
} from "./telegram-server.ts";
export type { CallRecord } from "./dispatch.ts";
export type { Attachment } from "./media/kinds.ts";
export type { Account, AccountOptions, Channel, Chat, ChatOptions, Group, Post } from "./model.ts";
