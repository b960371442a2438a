export { SlackServer } from "./slack-server.ts";
export { botScopes, userScopes } from "./scopes.ts";
export type { SayOptions } from "./slack-server.ts";
export type { App, Channel, ChannelKind, Post, Token, Upload, User, Wire } from "./model.ts";
export type { Call } from "./web.ts";
