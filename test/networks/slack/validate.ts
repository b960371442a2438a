import { readFileSync } from "node:fs";
import { isWireObject, textOf } from "./model.ts";
import type { WireObject } from "./model.ts";
import { blockProblems } from "./blocks.ts";
import { laterMethods, laterParameters } from "./later.ts";

interface MethodSpec {
  readonly parameters: Readonly<Record<string, string>>;
  readonly required: readonly string[];
}

const web = JSON.parse(
  readFileSync(new URL("../data/slack-web-api.json", import.meta.url), "utf8"),
) as { readonly methods: Record<string, MethodSpec> };

/** A parameter that is JSON inside of a form. */
const jsonParameters = ["blocks", "attachments", "metadata", "files"];

/** What is wrong in a call, by Slack's description of the method and what came after it. */
export const callProblems = (method: string, args: WireObject): readonly string[] => {
  const old = web.methods[method];
  const spec = old ?? laterMethods[method];
  if (spec === undefined) return [`there is no method ${method}`];
  const parameters: Readonly<Record<string, string>> = {
    ...spec.parameters,
    ...laterParameters[method],
    team_id: "string",
  };
  const missing = spec.required.filter((name) => args[name] === undefined);
  const wrong = Object.entries(args).flatMap(([name, value]) => {
    const type = parameters[name];
    if (type === undefined) return [`${name} is not a parameter`];
    return typeProblem(type, textOf(value)) ? [`${name} is no ${type}: ${textOf(value)}`] : [];
  });
  return [
    ...missing.map((name) => `${name} is missing`),
    ...wrong,
    ...jsonParameters.flatMap((name) => jsonProblems(name, args[name])),
    ...formatProblems(args),
  ].map((problem) => `${method}: ${problem}`);
};

const typeProblem = (type: string, value: string): boolean => {
  if (type === "boolean") return !/^(?:true|false|0|1)$/.test(value);
  if (type === "integer") return !/^-?\d+$/.test(value);
  return type === "number" && !/^-?\d+(?:\.\d+)?$/.test(value);
};

const jsonProblems = (name: string, value: unknown): readonly string[] => {
  if (value === undefined) return [];
  const parsed = parse(value);
  if (parsed === undefined) return [`${name} is not JSON`];
  if (name === "metadata") return metadataProblems(parsed);
  return name === "blocks" ? blockProblems(parsed) : [];
};

const metadataProblems = (metadata: unknown): readonly string[] => {
  if (!isWireObject(metadata)) return ["metadata is no object"];
  const { event_type: type, event_payload: payload, ...rest } = metadata;
  const right = typeof type === "string" && /^\w+$/.test(type) && isWireObject(payload);
  return right && Object.keys(rest).length === 0 ? [] : ["metadata is malformed"];
};

const formatProblems = (args: WireObject): readonly string[] => {
  const shapes: Readonly<Record<string, RegExp>> = {
    ts: /^\d{1,}\.\d{6}$/,
    thread_ts: /^\d{1,}\.\d{6}$/,
    timestamp: /^\d{1,}\.\d{6}$/,
    name: /^[^\s:]+(?:::skin-tone-[2-6])?$/u,
    icon_url: /^https?:\/\//,
  };
  return Object.entries(shapes).flatMap(([name, shape]) => {
    const value = args[name];
    return value === undefined || shape.test(textOf(value)) ? [] : [`${name} is malformed`];
  });
};

const parse = (value: unknown): unknown => {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
};
