/** THE CONTRACT between the core and an adapter. Imports nothing outside this folder. */
export * from "./adapter.ts";
export * from "./content.ts";
export * from "./errors.ts";
export * from "./features.ts";
export * from "./ids.ts";
export * from "./inbound.ts";
export * from "./login.ts";
export * from "./outbound.ts";
export * from "./schema.ts";
export * from "./nearest.ts";
export { isUnsafeKey, pathText, problemLine, unknownKey } from "./shape-parts.ts";
export type { Path, Shape, Told } from "./shape-parts.ts";
export * from "./shape.ts";
