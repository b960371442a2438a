import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { ValidateFunction } from "ajv/dist/2020.js";
import { corrections, laterReplies } from "./corrections.ts";
import type { Correction, Schema } from "./corrections.ts";

interface Archived {
  readonly definitions: Readonly<Record<string, Schema>>;
  readonly replies: Readonly<Record<string, Schema>>;
  /** Reasons that nearly every method may give for a refusal. */
  readonly everywhere: readonly string[];
  /** Those of each method besides. */
  readonly errors: Readonly<Record<string, readonly string[]>>;
}

const text = readFileSync(new URL("data/replies.json", import.meta.url), "utf8");
/** Each definition is a schema of its own, so that it is compiled once and not by each that names it. */
const archived = JSON.parse(text.replaceAll('"#/definitions/', '"slack:')) as Archived;

export const { everywhere, errors } = archived;

const isSchema = (value: unknown): value is Schema => typeof value === "object" && value !== null;

/** Into every alternative, where there are several. */
const corrected = (schema: Schema, correction: Correction): Schema => {
  const { properties = {}, optional = [] } = correction;
  const { anyOf, required } = schema;
  if (Array.isArray(anyOf))
    return { ...schema, anyOf: anyOf.filter(isSchema).map((each) => corrected(each, correction)) };
  return {
    ...schema,
    properties: { ...propertiesOf(schema), ...properties },
    ...(Array.isArray(required)
      ? { required: required.filter((name) => !optional.includes(String(name))) }
      : {}),
  };
};

const propertiesOf = ({ properties }: Schema): Readonly<Record<string, Schema>> =>
  isSchema(properties)
    ? Object.fromEntries(
        Object.entries(properties).flatMap(([name, each]) =>
          isSchema(each) ? [[name, each]] : [],
        ),
      )
    : {};

const withCorrections = (all: Readonly<Record<string, Schema>>): Readonly<Record<string, Schema>> =>
  Object.fromEntries(
    Object.entries(all).map(([name, schema]) => [
      name,
      corrections.filter(({ of }) => of === name).reduce(corrected, schema),
    ]),
  );

const unknown = corrections.filter(
  ({ of }) => archived.definitions[of] === undefined && archived.replies[of] === undefined,
);
if (unknown.length > 0) throw new Error(`there is no ${unknown.map(({ of }) => of).join(", ")}`);

const definitions = withCorrections(archived.definitions);
const replies = { ...withCorrections(archived.replies), ...laterReplies };

/** The keys of a message, for what is a message and more. */
export const messageKeys = propertiesOf(definitions["objs_message"] ?? {});

const ajv = new Ajv2020({ strict: false, allErrors: true, logger: false });
ajv.addFormat("uri", { type: "string", validate: (it: string) => URL.canParse(it) });
ajv.addFormat("email", { type: "string", validate: (it: string) => it.includes("@") });

// Ajv's own compares each with each, which takes long for a page of people.
ajv.removeKeyword("uniqueItems");
ajv.addKeyword({
  keyword: "uniqueItems",
  type: "array",
  validate: (on: boolean, all: readonly unknown[]) =>
    !on || new Set(all.map((each) => JSON.stringify(each))).size === all.length,
});

for (const [name, schema] of Object.entries(definitions))
  ajv.addSchema({ $id: `slack:${name}`, ...schema });

/** Judges by a schema that may name Slack's definitions. */
export const compiled = (schema: Schema): ValidateFunction => ajv.compile(schema);

const made = new Map<string, ValidateFunction>();

/** What judges a result of that method; nothing where there is no description of it. */
export const replyOf = (method: string): ValidateFunction | undefined => {
  const schema = replies[method];
  if (schema === undefined) return undefined;
  const check = made.get(method) ?? compiled(schema);
  made.set(method, check);
  return check;
};

/** What is wrong, each with its place. */
export const problemsOf = (check: ValidateFunction, value: unknown): readonly string[] =>
  check(value)
    ? []
    : (check.errors ?? []).map(
        ({ instancePath, message, params }) =>
          `${instancePath} ${message ?? ""} ${JSON.stringify(params)}`,
      );
