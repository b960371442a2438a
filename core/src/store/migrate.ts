import type { FreshKey } from "./box-key.ts";
import { StoreBroken } from "./errors.ts";
import type { Migration, Words } from "./migrations/migration.ts";

/** What a store says of itself, by name; undefined: there is no `meta` table, so the store is new. */
export type Meta = ReadonlyMap<string, string> | undefined;

/** What may be done about a store that the box key does not fit. */
export interface KeyTerms {
  /** The key is new: only a store that has none is bound to it. */
  readonly fresh?: FreshKey | undefined;
  /** Called when what was sealed with another key is forgotten; without it such a store is refused. */
  readonly forget?: (() => void) | undefined;
}

/** What this program wants of a store, in the words of its dialect. */
export interface Wanted extends KeyTerms {
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
 * @throws StoreBroken when a newer program or another box key made it, its key file is missing, or there
 * is none of which anything could be forgotten.
 */
export const preparation = (meta: Meta, wanted: Wanted): readonly string[] => {
  if (meta === undefined && wanted.forget)
    throw new StoreBroken(
      "There is no store yet, so nothing in it could have been sealed – correct database.path or database.uri.",
    );
  return [...upgrade(meta, wanted), ...binding(meta, wanted)];
};

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

/** Rows stay: an empty account is one that has to be logged in again. */
const forgetSealed = [
  "update login set account = ''",
  "delete from key_value where secret = 1",
] as const;

const orForget =
  "or, if it is lost, run `npm start -- -c config.yaml --forget-logins` once; then everybody logs in again";

const binding = (meta: Meta, { fingerprint, fresh, forget }: Wanted): readonly string[] => {
  const found = meta?.get("box-key");
  if (found === fingerprint) return [];
  if (found !== undefined && forget === undefined) {
    throw new StoreBroken(
      fresh
        ? `The store was not opened – its key file is missing: there is no ${fresh.path} – put it back there from your backup, or correct database.key_file, ${orForget}.`
        : `The store was not opened – it was made with the box key ${found} and this key is ${fingerprint} – put the key file that belongs to it back from your backup, ${orForget}.`,
    );
  }
  fresh?.keep();
  if (found !== undefined) forget?.();
  return [...(found === undefined ? [] : forgetSealed), setMeta("box-key", fingerprint)];
};
