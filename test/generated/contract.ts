import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const tsc = join(
  dirname(createRequire(import.meta.url).resolve("typescript/package.json")),
  "bin/tsc",
);
const index = fileURLToPath(new URL("../../core/src/adapter/index.ts", import.meta.url));

/** In the order in which an author needs them. */
const chapters = {
  adapter: "What an adapter is",
  ids: "Ids",
  content: "Content",
  inbound: "From the network",
  outbound: "To the network",
  features: "What a chat can do",
  login: "Logging in",
  errors: "Errors",
} as const;

const head = `# The contract, v1

This page is made from \`core/src/adapter\`, and a test pins it: whatever changes the contract changes this
page with it. It is **frozen as v1**. An adapter that was written for it goes on working: what is there is
neither taken away nor given another meaning, and what is new is optional. Where that cannot be, the
commit says why, and the page says v2.

How the pieces work together is told in [Write an adapter](adapter-guide.md).
`;

const options = (
  "--ignoreConfig --declaration --emitDeclarationOnly --skipLibCheck --strict --types node " +
  "--module nodenext --target esnext --allowImportingTsExtensions --exactOptionalPropertyTypes"
).split(" ");

/** The declarations as the compiler writes them, without what joins the files. */
export const contractReference = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "bridgebox-contract-"));
  try {
    execFileSync(process.execPath, [tsc, index, ...options, "--outDir", folder]);
    const told = Object.entries(chapters).map(([name, title]) => {
      const code = readFileSync(join(folder, `${name}.d.ts`), "utf8")
        .replaceAll(/^(?:import [^;]+;|export \{\};)\n/gm, "")
        .replaceAll(/^ +/gm, (indent) => " ".repeat(Math.ceil(indent.length / 2)));
      return `\n## ${title}\n\n\`\`\`ts\n${code.trim()}\n\`\`\`\n`;
    });
    return head + told.join("");
  } finally {
    rmSync(folder, { recursive: true });
  }
};
