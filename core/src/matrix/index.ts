export { connectHomeserver } from "./client.ts";
export type { ConnectedHomeserver, HomeserverOptions } from "./client.ts";
export { createIngress } from "./ingress.ts";
export type { AppserviceIngress, IngressCounts, IngressOptions } from "./ingress.ts";
export { parseEvent, tame } from "./parse.ts";
export { keyField, MatrixError } from "./types.ts";
export type {
  Call,
  CallClass,
  Ephemeral,
  Homeserver,
  HomeserverMedia,
  Ingress,
  JsonObject,
  MatrixEvent,
  Queries,
} from "./types.ts";
