import { StoreBroken } from "./errors.ts";
import type { Migration, Words } from "./migrations/migration.ts";

/** What a store says of itself, by name; undefined: there is no `meta` table, so the store is new. */
export type Meta = ReadonlyMap<string, string> | undefined;

/** What this program wants of a store, in the words of its dialect. */
export interface Wanted {
  readonly migrations: readonly Migration[];
  readonly words: Words;
  /** Of the box key that its secrets are sealed with. */
  readonly fingerprint: string;
}

const metaTable = "create table meta (name text primary key not null, value text not null)";

/** Both are ours and plain: no name or value that needs quoting ever stands here. */
const setMeta = (name: string, value: string): string =>
  `insert into meta (name, value) values ('${name}', '${value}')
    on conflict (name) do update set value = excluded.value`;

/**
 * The statements that make the store what this program wants, to be run in one transaction; none
 * when it is that already.
 * @throws StoreBroken when a newer program or another box key made it.
 */
export const preparation = (meta: Meta, wanted: Wanted): readonly string[] => [
  ...upgrade(meta, wanted),
  ...binding(meta, wanted.fingerprint),
];

const upgrade = (meta: Meta, { migrations, words }: Wanted): readonly string[] => {
  const known = migrations.at(-1)?.version ?? 0;
  const version = Number(meta?.get("schema") ?? 0);
  if (version > known) {
    throw new StoreBroken(
      `The store was not opened – its schema is version ${version} and this bridgebox knows up to ${known} – start the newer bridgebox again, or restore a backup made before the upgrade.`,
    );
  }
  if (version === known) return [];
  const missing = migrations.filter((migration) => migration.version > version);
  return [
    ...(meta === undefined ? [metaTable] : []),
    ...missing.flatMap((migration) => migration.statements(words)),
    setMeta("schema", String(known)),
  ];
};

const binding = (meta: Meta, fingerprint: string): readonly string[] => {
  const found = meta?.get("box-key");
  if (found === undefined) return [setMeta("box-key", fingerprint)];
  if (found === fingerprint) return [];
  throw new StoreBroken(
    `The store was not opened – it was made with the box key ${found} and this key is ${fingerprint} – put the key file that belongs to it back from your backup.`,
  );
};
