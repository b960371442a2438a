import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { ValidateFunction } from "ajv/dist/2020.js";

/** One HTTP request as it came over the wire, its JSON parsed. */
export interface WireRequest {
  readonly method: string;
  /** Without `/api/v10` and query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly contentType: string;
  readonly body: unknown;
}

interface Parameter {
  readonly in: string;
  readonly name: string;
  readonly required?: boolean;
}

interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: {
    readonly required?: boolean;
    readonly content: Readonly<Record<string, { readonly schema: Schema }>>;
  };
  readonly responses: Readonly<
    Record<string, { readonly $ref?: string; readonly content?: object }>
  >;
}

/** What of JSON Schema is looked into here. */
interface Schema {
  $ref?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: unknown;
  unevaluatedProperties?: boolean;
  oneOf?: Schema[];
  anyOf?: Schema[];
  allOf?: Schema[];
  items?: Schema;
  const?: unknown;
  type?: string | readonly string[];
}

const methods = ["get", "put", "post", "patch", "delete"] as const;

type PathItem = { readonly [method in (typeof methods)[number]]?: Operation } & {
  readonly parameters?: readonly Parameter[];
};

interface Description {
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly responses: Readonly<Record<string, { readonly content?: object }>>;
  };
}

interface Found {
  readonly route: Route;
  readonly match: RegExpExecArray;
  readonly operation: Operation;
  readonly pointer: string;
}

interface Route {
  readonly template: string;
  readonly item: PathItem;
  readonly names: readonly string[];
  readonly pattern: RegExp;
}

/** Sent by clients everywhere, also where Discord's file does not name them. */
const tolerated: readonly string[] = ["tts", "enforce_nonce", "nonce"];

const escaped = (pointer: string): string => pointer.replaceAll("~", "~0").replaceAll("/", "~1");
const nameOf = (ref: string): string => ref.split("/").at(-1) ?? "";

/**
 * Judges requests and replies by Discord's published OpenAPI file. Unknown keys in a body are errors
 * here, though Discord itself ignores them: a typo must not pass.
 */
export class OpenApi {
  readonly #spec: Description;
  readonly #bodies: Ajv2020;
  readonly #texts: Ajv2020;
  readonly #routes: readonly Route[];
  readonly #compiled = new Map<string, ValidateFunction>();

  constructor(file: URL) {
    this.#spec = JSON.parse(readFileSync(file, "utf8")) as Description;
    this.#bodies = ajv(false);
    this.#texts = ajv(true);
    amend(this.#spec);
    closeBodies(this.#spec);
    this.#bodies.addSchema(this.#spec, "discord");
    this.#texts.addSchema(this.#spec, "discord");
    this.#routes = Object.entries(this.#spec.paths)
      .map(([template, item]) => ({
        template,
        item,
        names: Array.from(template.matchAll(/\{(\w+)\}/g), ([, name]) => name ?? ""),
        pattern: new RegExp(`^${template.replaceAll(/\{\w+\}/g, "([^/]+)")}$`),
      }))
      .sort((a, b) => a.names.length - b.names.length);
  }

  /** What is wrong with a request; empty if nothing is. */
  request(request: WireRequest): readonly string[] {
    const found = this.#find(request.method, request.path);
    if (found === undefined) return [`no operation for ${request.method} ${request.path}`];
    return [...this.#parameters(request, found), ...this.#body(request, found)];
  }

  /** What is wrong with a reply of ours. */
  reply(method: string, path: string, status: number, body: unknown): readonly string[] {
    const found = this.#find(method, path);
    if (found === undefined) return [];
    const { responses } = found.operation;
    const code = [String(status), `${String(status)[0]}XX`].find((it) => it in responses);
    if (code === undefined) return [`status ${status} is not documented`];
    let pointer = `${found.pointer}/responses/${code}`;
    let response = responses[code];
    if (response?.$ref !== undefined) {
      pointer = response.$ref.slice(1);
      response = this.#spec.components.responses[nameOf(response.$ref)];
    }
    if (response?.content === undefined) return [];
    return this.#check(
      "reply",
      this.#at(this.#bodies, `${pointer}/content/application~1json/schema`),
      body,
    );
  }

  /** What is wrong with a value as that schema of the file has it. */
  schema(name: string, value: unknown): readonly string[] {
    return this.#check(name, this.#at(this.#bodies, `/components/schemas/${name}`), value);
  }

  #find(method: string, path: string): Found | undefined {
    for (const route of this.#routes) {
      const match = route.pattern.exec(path);
      const verb = methods.find((it) => it === method.toLowerCase());
      const operation = verb && route.item[verb];
      if (match === null || operation === undefined) continue;
      const pointer = `/paths/${escaped(route.template)}/${method.toLowerCase()}`;
      return { route, match, operation, pointer };
    }
    return undefined;
  }

  #parameters(request: WireRequest, found: Found): readonly string[] {
    const { route, match, operation, pointer } = found;
    const base = `/paths/${escaped(route.template)}`;
    const all = [
      ...(route.item.parameters ?? []).map((it, at) => ({ it, at: `${base}/parameters/${at}` })),
      ...(operation.parameters ?? []).map((it, at) => ({ it, at: `${pointer}/parameters/${at}` })),
    ];
    const wrong = all.flatMap(({ it, at }) => {
      if (it.in !== "path" && it.in !== "query") return [];
      const given =
        it.in === "path"
          ? decodeURIComponent(match[1 + route.names.indexOf(it.name)] ?? "")
          : request.query[it.name];
      if (given === undefined) return it.required === true ? [`missing ${it.in} ${it.name}`] : [];
      const key = `parameter ${at}`;
      const check =
        this.#compiled.get(key) ??
        this.#texts.compile({
          type: "object",
          properties: { v: { $ref: `discord#${at}/schema` } },
        });
      this.#compiled.set(key, check);
      return this.#check(`${it.in} ${it.name}`, check, { v: given });
    });
    const known = all.flatMap(({ it }) => (it.in === "query" ? [it.name] : []));
    const strange = Object.keys(request.query).filter((name) => !known.includes(name));
    return [...wrong, ...strange.map((name) => `unknown query ${name}`)];
  }

  #body(request: WireRequest, found: Found): readonly string[] {
    const { requestBody } = found.operation;
    const { body, contentType } = request;
    if (requestBody === undefined) return body === undefined ? [] : ["a body where none belongs"];
    if (body === undefined) return requestBody.required === true ? ["missing body"] : [];
    if (requestBody.content[contentType] === undefined)
      return [`content type ${contentType} is not allowed`];
    const pointer = `${found.pointer}/requestBody/content/${escaped(contentType)}/schema`;
    const judged =
      typeof body === "object" && body !== null && !Array.isArray(body)
        ? Object.fromEntries(Object.entries(body).filter(([key]) => !tolerated.includes(key)))
        : body;
    return this.#check("body", this.#at(this.#bodies, pointer), judged);
  }

  #at(by: Ajv2020, pointer: string): ValidateFunction {
    const known = this.#compiled.get(pointer);
    if (known !== undefined) return known;
    const made = by.compile({ $ref: `discord#${pointer}` });
    this.#compiled.set(pointer, made);
    return made;
  }

  #check(where: string, check: ValidateFunction, value: unknown): readonly string[] {
    if (check(value)) return [];
    return (check.errors ?? []).map(
      (it) => `${where}${it.instancePath} ${it.message} ${JSON.stringify(it.params)}`,
    );
  }
}

/**
 * Where Discord's documentation says more than the file: references to forwards
 * (resources/message#message-reference-types), and permissions as texts, which numbers are too small
 * for (resources/channel#edit-channel-permissions).
 */
const amend = ({ components, paths }: Description): void => {
  components.schemas["MessageReferenceType"]?.oneOf?.push({ const: 1 });
  const overwrite = paths["/channels/{channel_id}/permissions/{overwrite_id}"]?.put;
  const { properties } = overwrite?.requestBody?.content["application/json"]?.schema ?? {};
  for (const key of ["allow", "deny"]) {
    if (properties) properties[key] = { type: ["string", "null"] };
  }
};

const ajv = (coerceTypes: boolean): Ajv2020 => {
  // The file is Discord's own, and a check is made for a few calls: what makes both faster costs more than it saves.
  const made = new Ajv2020({
    strict: false,
    allErrors: true,
    coerceTypes,
    logger: false,
    validateSchema: false,
    code: { optimize: false },
  });
  made.addFormat("snowflake", /^(0|[1-9][0-9]{0,19})$/);
  made.addFormat("nonce", true);
  made.addFormat("uri", { type: "string", validate: (it: string) => URL.canParse(it) });
  made.addFormat("date-time", {
    type: "string",
    validate: (it: string) => !Number.isNaN(Date.parse(it)),
  });
  for (const name of ["int32", "int64"]) {
    made.addFormat(name, { type: "number", validate: Number.isInteger });
  }
  made.addFormat("double", { type: "number", validate: () => true });
  return made;
};

/** Forbids unknown keys in everything that a request body is made of. */
const closeBodies = (spec: Description): void => {
  const seen = new Set<Schema>();
  const close = (schema: Schema | undefined, inAllOf: boolean): void => {
    if (schema === undefined || typeof schema !== "object" || seen.has(schema)) return;
    seen.add(schema);
    if (schema.$ref !== undefined) {
      if (!inAllOf) close(spec.components.schemas[nameOf(schema.$ref)], false);
      return;
    }
    if (schema.properties && schema.additionalProperties === undefined && !inAllOf) {
      schema.unevaluatedProperties = false;
    }
    for (const each of [...(schema.oneOf ?? []), ...(schema.anyOf ?? [])]) close(each, inAllOf);
    for (const each of schema.allOf ?? []) close(each, true);
    if (schema.allOf && !inAllOf) schema.unevaluatedProperties = false;
    for (const each of Object.values(schema.properties ?? {})) close(each, false);
    close(schema.items, false);
  };
  for (const item of Object.values(spec.paths)) {
    for (const method of methods) {
      const content = item[method]?.requestBody?.content ?? {};
      for (const { schema } of Object.values(content)) close(schema, false);
    }
  }
};

let loaded: OpenApi | undefined;

/** Discord's description, read once. */
export const openApi = (): OpenApi =>
  (loaded ??= new OpenApi(new URL("data/openapi.json", import.meta.url)));
