import type { Doc, Problem } from "../adapter/index.ts";
import { isPlain } from "../adapter/shape-parts.ts";
import { boxShape } from "./box-shape.ts";
import { typed } from "./env.ts";
import { networkDocs } from "./networks.ts";
import type { ConfigTree } from "./sample.ts";
import type { KnownAdapter } from "./types.ts";

/** Keys as people write them: `networks.<name>.server`. */
type Dotted = string;

/** The docs of every key, with a section for each network by its name. */
export const docsOf = (networks: ReadonlyMap<string, KnownAdapter>): readonly Doc[] => [
  ...(boxShape.doc.fields ?? []),
  {
    key: "networks",
    type: "object",
    says: "The networks.",
    required: true,
    secret: false,
    example: null,
    fields: [...networks].map(([id, adapter]): Doc => {
      const says = adapter.name;
      const fields = networkDocs(adapter);
      return {
        key: id,
        type: "object",
        says,
        required: true,
        secret: false,
        example: null,
        fields,
      };
    }),
  },
];

/** The way of `networks.<name>.server` in docs: below free keys, as of permissions, dots are no steps. */
export const stepsOf = (
  docs: readonly Doc[],
  dotted: Dotted,
): { readonly steps: readonly string[]; readonly doc: Doc | undefined } => {
  const [key = "", ...rest] = dotted.split(".");
  const doc = docs.find((it) => it.key === key);
  if (rest.length === 0) return { steps: [key], doc };
  const free = doc?.type.startsWith("record") === true && doc.fields === undefined;
  if (free) return { steps: [key, rest.join(".")], doc: undefined };
  const fields = doc?.fields ?? [];
  const [only] = fields;
  if (only?.key === "<name>") {
    const [name = "", ...inner] = rest;
    const below = stepsOf(only.fields ?? [], inner.join("."));
    return { steps: [key, name, ...below.steps], doc: below.doc };
  }
  const below = stepsOf(fields, rest.join("."));
  return { steps: [key, ...below.steps], doc: below.doc };
};

/** The tree with a value that came as text: what is no text by its doc is read as YAML. */
export const withText = (
  tree: ConfigTree,
  docs: readonly Doc[],
  { key, text }: { readonly key: Dotted; readonly text: string },
): ConfigTree => {
  const { steps, doc } = stepsOf(docs, key);
  return withValue(tree, steps, doc === undefined ? text : typed(text, doc.type));
};

export const withValue = (
  tree: ConfigTree,
  steps: readonly string[],
  value: unknown,
): ConfigTree => {
  const [key, ...rest] = steps;
  if (key === undefined) return tree;
  const inner = Object.hasOwn(tree, key) && isPlain(tree[key]) ? tree[key] : {};
  const below = rest.length === 0 ? value : withValue(inner, rest, value);
  return Object.fromEntries([...Object.entries(tree), [key, below]]);
};

export const valueAt = (tree: ConfigTree, steps: readonly string[]): unknown => {
  let value: unknown = tree;
  for (const step of steps)
    value = isPlain(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  return value;
};

/** What is wrong with one value of the box's own keys, whatever the others are. */
export const wrongAt = (tree: ConfigTree, steps: readonly string[]): Problem | undefined =>
  first(boxShape.read(withValue({}, steps, valueAt(tree, steps)), []), steps);

/** What is wrong with one value of a network's section; `steps` begin within it. */
export const wrongInNetwork = (
  adapter: KnownAdapter,
  section: ConfigTree,
  steps: readonly string[],
): Problem | undefined => first(adapter.config.parse(section), steps);

const first = (
  parsed: { readonly ok: true } | { readonly ok: false; readonly problems: readonly Problem[] },
  steps: readonly string[],
): Problem | undefined =>
  parsed.ok
    ? undefined
    : parsed.problems.find(({ path }) => steps.every((step, at) => path[at] === step));
