export type { Call, Upload } from "./http.ts";
export { bits } from "./model.ts";
export type {
  Channel,
  Guild,
  Message,
  Permission,
  Post,
  Role,
  User,
  Webhook,
  Wire,
} from "./model.ts";
export { DiscordServer } from "./server.ts";
export type { Use } from "./uses.ts";
