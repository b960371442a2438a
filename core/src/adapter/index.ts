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
