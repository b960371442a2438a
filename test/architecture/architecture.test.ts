import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Source } from "./sources.ts";
import { isTest, sourceOf, sources } from "./sources.ts";

const all = sources();
const real = all.filter((it) => !isTest(it));
const core = real.filter(({ path }) => path.startsWith("core/src/"));
const bridges = real.filter(({ path }) => path.startsWith("bridges/"));

const folderOf = (path: string): string => /^core\/src\/([^/]+)/.exec(path)?.[1] ?? "";
const bridgeOf = (path: string): string => /^bridges\/([^/]+)/.exec(path)?.[1] ?? "";

/** Which folders of core a folder may use; main.ts puts all of them together. */
const mayUse: Readonly<Record<string, readonly string[]>> = {
  adapter: [],
  flow: ["adapter"],
  web: [],
  richtext: ["adapter"],
  observe: ["adapter", "flow"],
  store: ["adapter", "flow", "observe"],
  matrix: ["adapter", "flow", "observe", "store", "web"],
  config: ["adapter", "flow"],
  engine: ["adapter", "richtext", "store", "matrix", "observe", "flow"],
  commands: ["adapter", "richtext", "engine", "observe", "flow", "matrix"],
  http: ["adapter", "richtext", "engine", "observe", "flow", "matrix", "web"],
  doctor: ["adapter", "config", "flow", "matrix", "http", "store", "web"],
  backup: ["adapter", "config", "store"],
  init: ["adapter", "config", "doctor"],
};

/** Leaves that others may use: the shapes of the seams. */
const lent: readonly string[] = ["core/src/store/types.ts", "core/src/matrix/types.ts"];

/** The folders at the bottom, which borrow from nobody. */
const pure: readonly string[] = ["adapter", "flow", "richtext", "web"];

/** Each offence as `file: what`, so that a failure names them all. */
const offences = (
  files: readonly Source[],
  find: (source: Source) => readonly string[],
): readonly string[] => files.flatMap((it) => find(it).map((what) => `${it.path}: ${what}`));

const none = (found: readonly string[]): void => assert.deepEqual(found, []);

describe("who may import what", () => {
  test("core's folders", () => {
    none(
      offences(core, ({ path, imports }) => {
        const allowed = mayUse[folderOf(path)];
        if (allowed === undefined) return [];
        return imports.flatMap(({ file, from }) => {
          const own = folderOf(path);
          if (file === undefined || (lent.includes(file) && !pure.includes(own))) return [];
          const other = folderOf(file);
          return other === own || allowed.includes(other) ? [] : [`imports ${from}`];
        });
      }),
    );
  });

  test("every folder of core has a rule", () => {
    const folders = new Set(core.map(({ path }) => folderOf(path)));
    none([...folders].filter((it) => !it.endsWith(".ts") && !Object.hasOwn(mayUse, it)));
  });

  test("the contract imports nothing, the text tree only an HTML parser", () => {
    none(
      offences(core, ({ path, imports }) => {
        const folder = folderOf(path);
        const allowed = folder === "richtext" ? ["parse5"] : [];
        if (folder !== "adapter" && folder !== "richtext") return [];
        return imports.flatMap(({ file, from }) =>
          file === undefined && !allowed.includes(from) ? [`imports ${from}`] : [],
        );
      }),
    );
  });

  test("a bridge: the contract, the text tree, its own files, its network's library", () => {
    none(
      offences(bridges, ({ path, imports }) => {
        const own = `bridges/${bridgeOf(path)}`;
        const manifest: unknown = JSON.parse(
          readFileSync(new URL(`../../${own}/package.json`, import.meta.url), "utf8"),
        );
        const libraries = dependenciesOf(manifest);
        return imports.flatMap(({ file, from }) => {
          if (file !== undefined) return file.startsWith(`${own}/src/`) ? [] : [`imports ${from}`];
          if (from === "@bridgebox/core/adapter" || from === "@bridgebox/core/richtext") return [];
          if (from.startsWith("node:")) return [];
          const name = /^(?:@[^/]+\/)?[^/]+/.exec(from)?.[0] ?? from;
          const known = libraries.includes(name) && !name.startsWith("@bridgebox/");
          return known ? [] : [`imports ${from}`];
        });
      }),
    );
  });

  test("across packages only by name", () => {
    const packageOf = (path: string) => /^(?:bridges\/[^/]+|[^/]+)/.exec(path)?.[0];
    none(
      offences(real, ({ path, imports }) =>
        imports.flatMap(({ file, from }) =>
          file !== undefined && packageOf(file) !== packageOf(path) ? [`imports ${from}`] : [],
        ),
      ),
    );
  });

  test("no circle of files, with the types that they import", () => {
    const uses = new Map(
      all.map(({ path, imports }) => [
        path,
        imports.flatMap(({ file }) => (file === undefined ? [] : [file])),
      ]),
    );
    none(cyclesOf(uses));
  });
});

describe("which words stand where", () => {
  test("nothing of Matrix in a bridge", () => {
    const words =
      /\bm\.(?:room|call|space|bridge|reaction|relates_to|sticker)\b|mxc:\/\/|[@#!][\w.-]+:[\w-]+\.(?:org|com|example)|matrix\.to|\bmxid\b/i;
    none(offences(bridges, ({ spoken }) => found(spoken, words)));
  });

  test("no network's name in core", () => {
    const names = /\b(?:irc|slack|discord|telegram|nickserv|mtproto|gramjs)\b/i;
    const files = core.filter(({ path }) => path !== "core/src/main.ts");
    none(offences(files, ({ spoken }) => found(spoken, names)));
  });

  test("no any, no silenced checker, no console, nothing left to do", () => {
    none(
      offences(all, ({ code, text }) => [
        ...found(code, /(?:[:<,|(]\s*|\bas\s+)any\b(?!\s*[:(=])/),
        ...found(text, /@ts-(?:ignore|nocheck|expect-error)/).filter(() => !isRule(text)),
        ...found(
          text,
          new RegExp(
            `\\b(?:${["TO", "FIX"].map((it) => `${it}${it === "TO" ? "DO" : "ME"}`).join("|")})\\b`,
          ),
        ),
      ]),
    );
    const quiet = real.filter(({ path }) => path !== "core/src/main.ts");
    none(offences(quiet, ({ code }) => found(code, /\bconsole\./)));
  });
});

describe("the same shape everywhere", () => {
  const names = ["config", "connection", "format", "ids", "index", "login", "network", "receive"];
  const folders = [...new Set(bridges.map(({ path }) => bridgeOf(path)))];

  for (const bridge of folders) {
    test(`bridges/${bridge} has the files that every bridge has`, () => {
      const has = bridges.map(({ path }) => path);
      none(names.filter((it) => !has.includes(`bridges/${bridge}/src/${it}.ts`)));
    });
  }

  test("no file is longer than 400 lines", () => {
    none(offences(all, ({ text }) => (text.split("\n").length > 401 ? ["too long"] : [])));
  });

  test("no hook runs for every test of a process that many files share", () => {
    none(offences(all, ({ code }) => found(code, /^(?:before|after)Each\(/)));
  });

  test("file names are in kebab case", () => {
    none(all.map(({ path }) => path).filter((it) => /[A-Z_]/.test(it.split("/").at(-1) ?? "")));
  });

  test("the example is an adapter under 150 lines, not counting imports and comments", () => {
    const own = bridges.filter(({ path }) => /^bridges\/example\/src\/(?!server)/.test(path));
    const lines = own.flatMap(({ spoken }) =>
      spoken
        .replaceAll(/^import [^;]*;$/gm, "")
        .split("\n")
        .filter((line) => line.trim() !== ""),
    );
    assert(lines.length < 150, `${lines.length} lines`);
  });

  test("every code block of the adapter guide stands in the example", () => {
    const root = fileURLToPath(new URL("../../", import.meta.url));
    const guide = readFileSync(`${root}docs/adapter-guide.md`, "utf8");
    const flush = (code: string) => code.replaceAll(/^ +/gm, "");
    const example = globSync(`${root}bridges/example/src/*.ts`).map((path) =>
      flush(readFileSync(path, "utf8")),
    );
    const blocks = Array.from(guide.matchAll(/^```ts\n([^]*?)^```$/gm), (it) => flush(it[1] ?? ""));
    assert(blocks.length >= 5, "the guide shows the example");
    none(blocks.filter((block) => !example.some((it) => it.includes(block))));
  });
});

describe("the rules themselves", () => {
  test("see imports, and nothing in comments or strings", () => {
    const { imports, code } = sourceOf(
      "core/src/x/y.ts",
      `import type { A } from "../a/a.ts";\n// import "./no.ts"\nexport {\n  b,\n} from "./b.ts";\nconst c = await import("c"); const d = "as any"; import "./side.ts";`,
    );
    assert.deepEqual(
      imports.map(({ from, file, typeOnly }) => [from, file, typeOnly]),
      [
        ["../a/a.ts", "core/src/a/a.ts", true],
        ["./b.ts", "core/src/x/b.ts", false],
        ["c", undefined, false],
        ["./side.ts", "core/src/x/side.ts", false],
      ],
    );
    assert.doesNotMatch(code, /any|no\.ts/);
  });

  test("see a circle", () => {
    const uses = new Map([
      ["a", ["b"]],
      ["b", ["c"]],
      ["c", ["b", "d"]],
    ]);
    assert.deepEqual(cyclesOf(uses), ["b -> c -> b"]);
  });

  test("look at all of the code", () => {
    assert(core.length > 50 && bridges.length > 20, `${core.length} and ${bridges.length} files`);
  });
});

const isRule = (text: string): boolean => text.includes("the rules themselves");

const found = (text: string, words: RegExp): readonly string[] =>
  text.split("\n").flatMap((line, index) => {
    const match = words.exec(line);
    return match ? [`${index + 1}: ${match[0]}`] : [];
  });

function dependenciesOf(manifest: unknown): readonly string[] {
  if (typeof manifest !== "object" || manifest === null || !("dependencies" in manifest)) return [];
  return Object.keys(manifest.dependencies ?? {});
}

function cyclesOf(uses: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const cycles: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const at = path.indexOf(file);
    if (at >= 0) cycles.push([...path.slice(at), file].join(" -> "));
    if (at >= 0 || done.has(file)) return;
    for (const next of uses.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of uses.keys()) visit(file, []);
  return cycles;
}
