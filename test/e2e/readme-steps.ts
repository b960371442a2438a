import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** What the README tells an admin of a real homeserver to do. */
export interface Steps {
  /** The commands, one per line, in order. */
  readonly commands: readonly string[];
  /** The keys of the config that it says to fill in, as `homeserver.address`. */
  readonly fields: readonly string[];
}

const readme = fileURLToPath(new URL("../../README.md", import.meta.url));

/** The part of the README between its two marks: a fenced block of commands, and the keys it names. */
export const readmeSteps = (): Steps => {
  const text = readFileSync(readme, "utf8");
  const part = /<!-- e2e:begin -->([^]*?)<!-- e2e:end -->/.exec(text)?.[1];
  if (part === undefined) throw new Error("README.md has no part between e2e:begin and e2e:end");
  const blocks = [...part.matchAll(/```(?:sh|bash)\n([^]*?)```/g)].map((found) => found[1] ?? "");
  const commands = blocks
    .flatMap((block) => block.split("\n"))
    .map((line) => line.replace(/^\$ /, "").trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  const named = [...part.matchAll(/`([a-z_]+(?:\.[a-z_]+)+)`/g)].map((found) => found[1] ?? "");
  const files = /\.(?:yaml|yml|db|key|json|md|js|ts)$/;
  return { commands, fields: [...new Set(named)].filter((name) => !files.test(name)) };
};
