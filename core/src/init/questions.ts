import type { Doc, Problem } from "../adapter/index.ts";
import {
  docsOf,
  stepsOf,
  valueAt,
  withText,
  withValue,
  wrongAt,
  wrongInNetwork,
} from "../config/index.ts";
import type { ConfigTree, KnownAdapter } from "../config/index.ts";

/** One thing that is asked: which key, what for, and what Enter stands for. */
export interface Question {
  /** As it stands in the config: `homeserver.domain`. */
  readonly key: string;
  /** In one line, without the full stop of the config's own explanation. */
  readonly says: string;
  readonly such?: string;
  readonly enter?: string;
  readonly secret: boolean;
  /** May be left empty. */
  readonly free: boolean;
}

/** What is known of the config so far. */
export interface Draft {
  readonly tree: ConfigTree;
  /** The networks that were chosen, by name. */
  readonly networks: ReadonlyMap<string, KnownAdapter>;
}

export const has = ({ tree, networks }: Draft, key: string): boolean =>
  valueAt(tree, stepsOf(docsOf(networks), key).steps) !== undefined;

/** The draft with an answer, or what is wrong with it. */
export const answered = (
  draft: Draft,
  question: Question,
  text: string,
): Draft | { readonly wrong: string } => {
  const { networks } = draft;
  const docs = docsOf(networks);
  const tree = withText(draft.tree, docs, { key: question.key, text });
  const { steps } = stepsOf(docs, question.key);
  const problem = problemAt(tree, networks, steps);
  if (problem !== undefined) return { wrong: sentence(problem) };
  return { tree, networks };
};

const problemAt = (
  tree: ConfigTree,
  networks: Draft["networks"],
  steps: readonly string[],
): Problem | undefined => {
  const [top, id = "", ...inside] = steps;
  if (top !== "networks") return wrongAt(tree, steps);
  const adapter = networks.get(id);
  if (adapter === undefined || inside.length === 0) return undefined;
  return wrongInNetwork(adapter, withValue({}, inside, valueAt(tree, steps)), inside);
};

/** `is "x". Put y.` as something that is said to a person who has just typed it. */
const sentence = ({ says }: Problem): string => `That ${says}`;

/** The question about a key of the box itself. */
export const about = (
  key: string,
  more: Partial<Pick<Question, "enter" | "free" | "says">> = {},
): Question => questionOf(stepsOf(docsOf(new Map()), key).doc, key, more);

/** What a network's schema demands, one question each. */
export const demanded = (id: string, adapter: KnownAdapter): readonly Question[] =>
  requiredIn(adapter.config.docs, `networks.${id}`);

const requiredIn = (docs: readonly Doc[], before: string): readonly Question[] =>
  docs
    .filter((doc) => doc.required)
    .flatMap((doc): readonly Question[] => {
      const key = `${before}.${doc.key}`;
      return doc.type === "object" ? requiredIn(doc.fields ?? [], key) : [questionOf(doc, key, {})];
    });

const questionOf = (
  doc: Doc | undefined,
  key: string,
  more: Partial<Pick<Question, "enter" | "free" | "says">>,
): Question => {
  const example = doc?.example;
  const such =
    (typeof example === "string" || typeof example === "number") && doc?.secret !== true
      ? String(example)
      : undefined;
  return {
    key,
    says: (doc?.says ?? "").replace(/\.$/, ""),
    secret: doc?.secret ?? false,
    free: false,
    ...(such === undefined ? {} : { such }),
    ...more,
  };
};
