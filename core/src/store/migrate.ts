import { StoreBroken } from "./errors.ts";
import type { Migration, Words } from "./migrations/migration.ts";

/** What a dialect gives the migrations: inside one transaction, on the writing connection. */
export interface Schema {
  /** Undefined: there is no `meta` table yet. */
  get(name: string): string | undefined;
  set(name: string, value: string): void;
  run(sql: string): void;
  readonly words: Words;
}

const metaTable = "create table meta (name text primary key not null, value text not null)";

/** Brings the schema up to the last migration. Refuses one that a newer program has made. */
export const migrate = (schema: Schema, migrations: readonly Migration[]): void => {
  const known = migrations.at(-1)?.version ?? 0;
  const found = schema.get("schema");
  if (found === undefined) schema.run(metaTable);
  const version = Number(found ?? 0);
  if (version > known) {
    throw new StoreBroken(
      `The store was not opened – its schema is version ${version} and this bridgebox knows up to ${known} – start the newer bridgebox again, or restore a backup made before the upgrade.`,
    );
  }
  if (version === known) return;
  for (const migration of migrations) {
    if (migration.version <= version) continue;
    for (const statement of migration.statements(schema.words)) schema.run(statement);
  }
  schema.set("schema", String(known));
};

/** Binds the store to the box key that its secrets are sealed with. */
export const bindKey = (schema: Schema, fingerprint: string): void => {
  const found = schema.get("box-key");
  if (found === undefined) schema.set("box-key", fingerprint);
  else if (found !== fingerprint) {
    throw new StoreBroken(
      `The store was not opened – it was made with the box key ${found} and this key is ${fingerprint} – put the key file that belongs to it back from your backup.`,
    );
  }
};
