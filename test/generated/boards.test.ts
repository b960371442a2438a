import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { load } from "js-yaml";

import { errorTable } from "../../core/src/adapter/errors.ts";
import { ages } from "../../core/src/observe/activity.ts";
import { catalogue, instruments, registerOf } from "../../core/src/observe/instruments.ts";

const read = (name: string): string =>
  readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");

/** Every text in a document, at any depth, under one of these keys. */
const textsUnder = (it: unknown, keys: readonly string[]): readonly string[] => {
  if (typeof it !== "object" || it === null) return [];
  return Object.entries(it).flatMap(([key, value]) =>
    keys.includes(key) && typeof value === "string" ? [value] : textsUnder(value, keys),
  );
};

const board: unknown = JSON.parse(read("grafana.json"));
const rules: unknown = load(read("alerts.yaml"));
const queries = [...textsUnder(board, ["expr", "query"]), ...textsUnder(rules, ["expr"])];

const known = async (): Promise<ReadonlySet<string>> => {
  const register = registerOf("1");
  instruments(register);
  const names = (await register.getMetricsAsJSON()).flatMap(({ name, type }) =>
    String(type) === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  );
  return new Set(names);
};

test("every number that the board and the alerts name is on the page of metrics", async () => {
  const names = await known();
  const named = queries.flatMap(
    (query) => query.match(/\b(?:app|bridge|process|nodejs)_\w+/g) ?? [],
  );
  assert.ok(named.length > 20);
  assert.deepEqual(
    named.filter((name) => !names.has(name)),
    [],
  );
});

test("they ask for labels that the number has, and for values that there are", () => {
  const byName = new Map<string, readonly string[]>(
    Object.values(catalogue).map(({ name, labels }) => [name, labels]),
  );
  const values: Readonly<Record<string, readonly string[]>> = {
    code: Object.keys(errorTable),
    outcome: ["delivered", "retrying", "failed", "not_bridged", "doubtful"],
    age: [...Object.keys(ages), "all"],
    remote: ["true", "false"],
    state: ["connecting", "connected", "reconnecting", "needs-login", "logged-out"],
  };
  for (const query of queries) {
    for (const [, metric = "", inside = ""] of query.matchAll(/\b(bridge_\w+)\{([^}]*)\}/g)) {
      const labels = byName.get(metric.replace(/_(?:bucket|sum|count)$/, "")) ?? [];
      for (const [, label = "", value = ""] of inside.matchAll(/(\w+)=~?"([^"]*)"/g)) {
        if (label === "job") continue;
        assert.ok(labels.includes(label), `${metric} has no label ${label}`);
        for (const one of value.split("|"))
          assert.ok(values[label]?.includes(one), `${label} is never ${one}`);
      }
    }
  }
});

test("every alert says what it is and what to do", () => {
  const { groups } = rules as { groups: readonly { rules: readonly Record<string, unknown>[] }[] };
  for (const rule of groups.flatMap((group) => group.rules)) {
    const texts = textsUnder(rule, ["summary", "description"]);
    assert.equal(texts.length, 2, String(rule["alert"]));
    for (const text of texts) assert.match(text, /\.$/);
  }
});
