import { existsSync } from "node:fs";
import type { BoxConfig } from "../config/index.ts";
import { loadBoxKey } from "../store/index.ts";
import { failed, ok, skipped } from "./finding.ts";
import type { Checked } from "./finding.ts";
import { command } from "./context.ts";

const check = "box key";

/** What opens the secrets in the database: without it a box that has run does not start. */
export const lookAtKey = async ({ database }: BoxConfig, file: string): Promise<Checked> => {
  const { keyFile, path, uri } = database;
  try {
    const { fresh } = await loadBoxKey(keyFile);
    if (fresh === undefined)
      return ok(check, `${keyFile} holds a key, and only its owner can read it.`);
    if (uri !== undefined || !existsSync(path))
      return skipped(
        check,
        `There is none at ${keyFile} yet: the box makes it at its first start.`,
      );
    return failed(
      check,
      `The database ${path} is there, and its key file ${keyFile} is not.`,
      `Put it back from your backup, or correct database.key_file. If it is lost, run ${command("start", file, " --forget-logins")} once; then everybody logs in again.`,
    );
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    const [what = said, why = said, cure = "Look at database.key_file."] = said.split(" – ");
    return failed(check, `${what}: ${why}.`, cure.charAt(0).toUpperCase() + cure.slice(1));
  }
};
