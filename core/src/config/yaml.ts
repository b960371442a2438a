import { CORE_SCHEMA, YAMLException, load } from "js-yaml";
import type { EventType, Mark, State } from "js-yaml";

import type { Path } from "../adapter/index.ts";

export interface Place {
  readonly line: number;
  readonly says: string;
}

export type ReadYaml =
  | { readonly ok: true; readonly value: unknown; line(path: Path): number }
  | { readonly ok: false; readonly problems: readonly Place[] };

interface Node {
  readonly line: number;
  readonly children: Node[];
  result: unknown;
}

const largest = 1_000_000;

/**
 * YAML that remembers the line of every value. Only what a config needs: one document of plain
 * values; merge keys, and one collection in two places (how a small file becomes a huge value), are
 * refused, and so are duplicate keys and custom tags.
 */
export const readYaml = (source: string): ReadYaml => {
  if (source.length > largest) {
    return failed(1, `The file is larger than ${largest} characters. Put a config there.`);
  }
  const root: Node = { line: 0, children: [], result: undefined };
  try {
    const value = load(source, { schema: CORE_SCHEMA, listener: recorder(root) });
    const lines = new Map<string, number>();
    const problems = place(root.children.at(-1), { lines });
    if (problems.length > 0) return { ok: false, problems };
    return { ok: true, value, line: (path) => nearestLine(lines, path) };
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const mark: Mark | undefined = error.mark;
    return failed(
      (mark?.line ?? 0) + 1,
      `This is not YAML: ${withoutValue(error.reason)}. ${advice(error.reason)}`,
    );
  }
};

/** One value as YAML reads it, for a list or a number that comes from the environment. */
export const readScalar = (source: string): unknown => {
  const read = readYaml(source);
  return read.ok ? read.value : source;
};

/** The parser says when a node begins (still on the line of its key) and what it became. */
const recorder = (root: Node): ((event: EventType, state: State) => void) => {
  const open = [root];
  return (event, state) => {
    if (event === "open") {
      const node: Node = { line: state.line + 1, children: [], result: undefined };
      open.at(-1)?.children.push(node);
      open.push(node);
      return;
    }
    const node = open.pop();
    if (node) node.result = state.result;
  };
};

interface Walk {
  readonly lines: Map<string, number>;
  readonly path?: Path;
  readonly seen?: Set<unknown>;
}

const place = (node: Node | undefined, walk: Walk): readonly Place[] => {
  const { lines, path = [], seen = new Set() } = walk;
  if (node === undefined) return [];
  lines.set(keyOf(path), node.line);
  const value = node.result;
  if (typeof value !== "object" || value === null) return [];
  if (seen.has(value)) {
    return [{ line: node.line, says: "A YAML alias (*name) is not taken here. Write it out." }];
  }
  seen.add(value);
  return stepsOf(value, node.children).flatMap(({ step, line, child }) =>
    step === "<<"
      ? [{ line, says: "A YAML merge key (<<) is not taken here. Write the keys out." }]
      : place(child, { lines, path: [...path, step], seen }),
  );
};

interface Step {
  readonly step: string | number;
  readonly line: number;
  readonly child: Node;
}

/** Pairs a collection's keys with the nodes that were parsed for them, in the order of the file. */
const stepsOf = (value: object, nodes: readonly Node[]): readonly Step[] => {
  const steps: Step[] = [];
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    for (const child of nodes) {
      if (Object.is(child.result, items[steps.length])) {
        steps.push({ step: steps.length, line: child.line, child });
      }
    }
    return steps;
  }
  const map = new Map<string, unknown>(Object.entries(value));
  for (let index = 0; index < nodes.length; index += 1) {
    const key = nodes[index];
    const next = nodes[index + 1];
    const step = String(key?.result);
    if (key === undefined || !map.has(step)) continue;
    const paired = next !== undefined && Object.is(next.result, map.get(step));
    steps.push({ step, line: key.line, child: { ...(paired ? next : key), line: key.line } });
    if (paired) index += 1;
  }
  return steps;
};

const keyOf = (path: Path): string => JSON.stringify(path);

/** The line of the value, or of the nearest thing around it that is in the file. */
const nearestLine = (lines: ReadonlyMap<string, number>, path: Path): number => {
  for (let depth = path.length; depth >= 0; depth -= 1) {
    const line = lines.get(keyOf(path.slice(0, depth)));
    if (line !== undefined) return line;
  }
  return 1;
};

const failed = (line: number, says: string): ReadYaml => ({
  ok: false,
  problems: [{ line, says }],
});

/** The parser quotes what it could not read, which may be a password. */
const withoutValue = (reason: string): string => reason.replace(/\s*(?:"|!<).*$/s, "");

const advice = (reason: string): string => {
  if (reason.includes("duplicated")) return "Remove one of the two.";
  if (reason.includes("alias")) return 'Put quotes around a value that begins with *, such as "*".';
  if (reason.includes("tab")) return "Put spaces where the tab is.";
  if (reason.includes("indentation")) return "Line it up with its neighbours.";
  if (reason.includes("single document")) return "Remove the --- and what follows.";
  return "Look at this line and at the one before it.";
};
