/** The config: loaded with all problems at once, explained by the shapes it is checked with. */
export * from "./check.ts";
export type { Env } from "./env.ts";
export { wrongFlag } from "./flags.ts";
export * from "./load.ts";
export * from "./partial.ts";
export * from "./permissions.ts";
export * from "./redact.ts";
export * from "./reference.ts";
export * from "./reload.ts";
export * from "./sample.ts";
export * from "./types.ts";
export { readYaml } from "./yaml.ts";
