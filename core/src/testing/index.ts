/** What an adapter's author runs: the contract suite and what it is made of. */
export * from "./cases.ts";
export * from "./contract.ts";
export * from "./failpoints.ts";
export * from "./harness.ts";
export * from "./hostile.ts";
export * from "./memory-host.ts";
export * from "./scripted-login.ts";
export * from "./stage.ts";
export * from "./until.ts";
