/** The text tree's helpers: pure, importing only the contract and an HTML parser. */
export * from "./clean-name.ts";
export * from "./emoji.ts";
export * from "./from-html.ts";
export * from "./from-plain.ts";
export { linkTarget } from "./links.ts";
export * from "./look.ts";
export * from "./look-alike.ts";
export * from "./prefix.ts";
export * from "./split.ts";
export * from "./substitute.ts";
export * from "./to-html.ts";
export * from "./to-plain.ts";
