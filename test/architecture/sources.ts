import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

/** A source file, as the rules look at it. */
export interface Source {
  /** From the root, with `/`. */
  readonly path: string;
  readonly text: string;
  /** Without comments and without the insides of strings. */
  readonly code: string;
  /** Without comments. */
  readonly spoken: string;
  readonly imports: readonly Import[];
}

/** One import or re-export. */
export interface Import {
  readonly from: string;
  /** The file it means, from the root; absent for packages. */
  readonly file?: string;
  /** Gone at run time. */
  readonly typeOnly: boolean;
}

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Every TypeScript file of ours. */
export const sources = (): readonly Source[] =>
  globSync(
    ["core/src/**/*.ts", "registration/src/**/*.ts", "bridges/*/src/**/*.ts", "test/**/*.ts"],
    {
      cwd: root,
      exclude: (path) => path.endsWith("node_modules"),
    },
  )
    .map((path) => path.replaceAll("\\", "/"))
    .sort()
    .map((path) => sourceOf(path, readFileSync(join(root, path), "utf8")));

/** One file's text, read for the rules. */
export const sourceOf = (path: string, text: string): Source => {
  const spoken = blanked(text, false);
  return { path, text, code: blanked(text, true), spoken, imports: importsOf(path, spoken) };
};

const statement =
  /\b(?:import|export)\s+(type\s+)?(?:[^"';()]*?\bfrom\s*)?["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)/g;

const importsOf = (path: string, spoken: string): readonly Import[] =>
  Array.from(spoken.matchAll(statement), (match) => {
    const from = match[2] ?? match[3] ?? "";
    const file = from.startsWith(".") ? normalize(join(dirname(path), from)) : undefined;
    return { from, typeOnly: match[1] !== undefined, ...(file !== undefined && { file }) };
  });

/** Blanks comments, and on demand strings, by one pass over the characters. */
const blanked = (text: string, strings: boolean): string => {
  const token =
    /\/\*[^]*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[^])*`|(?<=[=(,:?&|!]\s*)\/(?![*/])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/g;
  return text.replaceAll(token, (found) => {
    if (found.startsWith("//") || found.startsWith("/*")) return found.replaceAll(/[^\n]/g, " ");
    if (found.startsWith("/")) return strings ? "/ /" : found;
    return strings ? `${found[0]}${found[0]}` : found;
  });
};

/** Files that only tests use. */
export const isTest = ({ path }: Source): boolean =>
  path.startsWith("test/") ||
  path.startsWith("core/src/testing/") ||
  /\.test\.ts$|\/testing\/|\/(?:testing|fixture|memory-host|test-[\w-]+|[\w-]+-fixture)\.ts$/.test(
    path,
  );
