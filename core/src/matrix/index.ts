export { startAppservice } from "./appservice-bridge.ts";
export type { Library, LibraryOptions } from "./appservice-bridge.ts";
export { connectHomeserver } from "./client.ts";
export type { ConnectedHomeserver, HomeserverOptions } from "./client.ts";
export { createIngress } from "./ingress.ts";
export type { AppserviceIngress, IngressCounts, IngressOptions } from "./ingress.ts";
export { serverOf } from "./puppets.ts";
export type { PuppetOptions } from "./puppets.ts";
export { parseEvent, tame } from "./parse.ts";
export { mayPlumb, memberOf, powerForState, powerOf } from "./rooms.ts";
export type { Creation, Member, Membership } from "./rooms.ts";
export { keyField, MatrixError } from "./types.ts";
export type {
  Call,
  CallClass,
  Ephemeral,
  Given,
  Homeserver,
  HomeserverMedia,
  Ingress,
  JsonObject,
  MatrixEvent,
  Place,
  Queries,
  Who,
} from "./types.ts";
