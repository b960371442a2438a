import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { MatrixUser } from "../sandbox/client.ts";
import { BoxChild } from "../stage/box-child.ts";
import { freePort } from "../free-port.ts";
import type { Network } from "./network.ts";

const run = promisify(execFile);
const entry = fileURLToPath(new URL("../../bridgebox.js", import.meta.url));

/** A box that an admin has set up, with its homeserver; who passes through needs no more of either. */
export interface Place {
  readonly box: BoxChild;
  readonly boxUrl: string;
  readonly statusToken: string;
  readonly domain: string;
  person(name: string): Promise<MatrixUser>;
}

/** What the admin's commands have written. */
export interface Installed extends Omit<Place, "person"> {
  readonly dir: string;
  /** For the homeserver: the box's own, and the one for people as themselves. */
  readonly registrations: readonly string[];
  readonly remove: () => void;
}

/** What an admin does before the first start: `init` by its flags, and the second registration. */
export const install = async (
  homeserver: { readonly url: string; readonly domain: string },
  networks: readonly Network[],
): Promise<Installed> => {
  const dir = mkdtempSync(join(tmpdir(), "bridgebox-pass-"));
  const boxUrl = `http://127.0.0.1:${await freePort()}`;
  const statusToken = "pass-status-token-0123456789";
  const command = (...argv: readonly string[]) =>
    run(process.execPath, [entry, ...argv, "-c", join(dir, "config.yaml")], { cwd: dir });
  const settings = networks.flatMap(({ id, settings: own }) =>
    Object.entries({ ...own, "cleanup_on_logout.alone": "delete" }).map(
      ([key, value]) => [`networks.${id}.${key}`, value] as const,
    ),
  );
  const all = [
    ["appservice.admin_token", statusToken],
    ["double_puppet.registration", "doublepuppet.yaml"],
    ["logging.level", "debug"],
    ["logging.format", "json"],
    ...settings,
  ] as const;
  const set = all.flatMap(([key, value]) => {
    if (!value.includes("\n")) return [`--set=${key}=${value}`];
    writeFileSync(join(dir, key), value);
    return [`--set-file=${key}=${join(dir, key)}`];
  });
  await command(
    "init",
    "--yes",
    `--homeserver=${homeserver.url}`,
    `--domain=${homeserver.domain}`,
    `--address=${boxUrl}`,
    `--admin=@admin:${homeserver.domain}`,
    ...networks.map(({ id }) => `--network=${id}:${id}`),
    ...set,
  );
  await command("register", "--double-puppet");
  return {
    dir,
    box: new BoxChild(dir),
    boxUrl,
    statusToken,
    domain: homeserver.domain,
    registrations: ["registration.yaml", "doublepuppet.yaml"].map((name) => join(dir, name)),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
};
