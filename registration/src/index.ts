/** registration.yaml: made from the config, kept, compared, and explained per homeserver. */
export * from "./build.ts";
export * from "./diff.ts";
export * from "./double-puppet.ts";
export * from "./file.ts";
export * from "./install.ts";
export * from "./register.ts";
export * from "./types.ts";
