import type { Doc, Json } from "../adapter/index.ts";
import { isJson, isPlain } from "../adapter/shape-parts.ts";
import { boxFields } from "./box-shape.ts";
import type { BoxConfig } from "./types.ts";

const masked = "•••";

/** The config as it may be shown and logged: what is secret, or what nobody has described, is masked. */
export const redacted = (config: BoxConfig): Json => {
  const networks = config.networks.map(({ docs, config: own, ...common }) => ({
    ...common,
    config: masking(own, docs),
  }));
  const appservice = masking(config.appservice, boxFields.appservice.doc.fields ?? []);
  const { uri, ...database } = config.database;
  const where = uri === undefined ? database : { ...database, uri: masked };
  const whole: unknown = { ...config, appservice, database: where, networks };
  return isJson(whole, 64) ? whole : masked;
};

const masking = (value: unknown, docs: readonly Doc[]): Json => {
  if (!isPlain(value)) return masked;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const doc = docs.find((it) => it.key === key) ?? docs.find((it) => it.key === "<name>");
      return [key, doc === undefined || doc.secret ? masked : inside(item, doc)];
    }),
  );
};

const inside = (value: unknown, doc: Doc): Json => {
  const fields = doc.fields;
  if (fields === undefined) return isJson(value, 32) ? value : masked;
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    return items.map((item) => (isPlain(item) ? masking(item, fields) : masked));
  }
  return isPlain(value) ? masking(value, fields) : masked;
};
