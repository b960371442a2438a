import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import { load } from "js-yaml";

import { commands } from "../../core/src/commands/table.ts";
import { adapters } from "./files.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), "utf8");

const guides = ["irc", "slack", "telegram", "discord"].map((name) => `docs/${name}.md`);
const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "docs/admin.md",
  "docs/adapter-guide.md",
  "docs/commands.md",
  "docs/config.md",
  "docs/errors.md",
  "docs/features.md",
  "docs/metrics.md",
  ...guides,
];

const withoutBlocks = (text: string): string => text.replaceAll(/^ *```[^]*?^ *```$/gm, "");

/** What stands in backticks in running text. */
const coded = (path: string): readonly string[] =>
  [...withoutBlocks(read(path)).matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code);

/** As GitHub names the headings of a page. */
const anchorsOf = (text: string): ReadonlySet<string> =>
  new Set(
    [...withoutBlocks(text).matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) =>
      title
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );

const none = (found: readonly string[]): void => assert.deepEqual(found, []);

const known = new Set(commands.flatMap(({ name, also = [] }) => [name, ...also]).concat("help"));

const configKeys = read("docs/config.md");

describe("what the guides say", () => {
  test("every link between pages leads somewhere", () => {
    none(
      pages.flatMap((page) =>
        [
          ...withoutBlocks(read(page)).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g),
        ].flatMap(([whole, file = "", anchor]) => {
          const target = file === "" ? page : join(dirname(page), file);
          if (!existsSync(join(root, target))) return [`${page}: ${whole}`];
          const missing = anchor !== undefined && !anchorsOf(read(target)).has(anchor);
          return missing ? [`${page}: ${whole}`] : [];
        }),
      ),
    );
  });

  test("what one is told to say to the bot is a command", () => {
    const said = [...guides, "README.md", "docs/admin.md"].flatMap((page) =>
      coded(page).flatMap((code) => {
        const [, called, name = "", second = ""] =
          /^(!bridgebox )?([a-z][a-z-]*)(?: (\S+).*)?$/.exec(code) ?? [];
        const toBot = called !== undefined || adapters.some(({ id }) => id === second);
        return toBot ? [{ page, name, code }] : [];
      }),
    );
    assert.ok(said.length > 10);
    none(said.filter(({ name }) => !known.has(name)).map(({ page, code }) => `${page}: ${code}`));
  });

  test("every key of the config that is named is one", () => {
    const sections =
      /^(?:appservice|database|double_puppet|homeserver|limits|logging|status|sync)\./;
    none(
      [...guides, "README.md", "docs/admin.md", "docs/metrics.md"].flatMap((page) =>
        coded(page).flatMap((code) => {
          const key = /^([a-z_.]+)(?:: \S+)?$/.exec(code)?.[1] ?? "";
          if (!sections.test(key)) return [];
          return configKeys.includes(`${key}\``) ? [] : [`${page}: ${code}`];
        }),
      ),
    );
  });

  test("every example of a network's section has only keys that there are", () => {
    let seen = 0;
    for (const page of guides) {
      for (const [, indent = "", block = ""] of read(page).matchAll(
        /^( *)```yaml\n([^]*?)^ *```$/gm,
      )) {
        const parsed = load(block.replaceAll(new RegExp(`^${indent}`, "gm"), ""));
        if (typeof parsed !== "object" || parsed === null || !("networks" in parsed)) continue;
        const { networks } = parsed as { networks: Readonly<Record<string, unknown>> };
        const sections = Object.values(networks);
        for (const section of sections) {
          assert.ok(typeof section === "object" && section !== null);
          const { type, ...own }: { type?: unknown } = section;
          const adapter = adapters.find(({ id }) => id === type);
          assert.ok(adapter, `${page}: type ${String(type)}`);
          const keys = adapter.config.docs.map(({ key }) => key);
          none(Object.keys(own).filter((key) => !keys.includes(key)));
          seen += 1;
        }
      }
    }
    assert.ok(seen >= 2);
  });

  test("every npm script that is named is there", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    none(
      pages.flatMap((page) =>
        [...read(page).matchAll(/\bnpm run ([a-z0-9]+)/g)].flatMap(([whole, name = ""]) =>
          Object.hasOwn(scripts, name) ? [] : [`${page}: ${whole}`],
        ),
      ),
    );
  });
});
