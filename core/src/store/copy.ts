import { copySqlite } from "./sqlite-copy.ts";

/**
 * Copies the store that the config names into one file, which is a SQLite store whatever it was. The
 * box may run meanwhile.
 * @throws StoreBroken when there is none, or it cannot be read; then there is no file.
 */
export const copyStore = async (
  { path, uri }: { readonly path: string; readonly uri?: string },
  to: string,
): Promise<void> => {
  if (uri === undefined) return copySqlite(path, to);
  const { copyPostgres } = await import("./postgres-copy.ts");
  return copyPostgres(uri, to);
};
