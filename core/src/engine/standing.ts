import { createHash } from "node:crypto";
import { loginId } from "../adapter/index.ts";
import type { Json, NewLogin } from "../adapter/index.ts";
import type { Login } from "../store/types.ts";
import type { LiveNetwork } from "./box.ts";
import type { Works } from "./works.ts";

/** Where the fingerprint of what the config last said of a login is kept. */
const scope = "standing";

/**
 * The row of a login that the config declares. What the adapter saved since then stays (a session),
 * until the config says something else: then the config counts.
 */
export const standingRow = async (
  { box }: Works,
  live: LiveNetwork,
  login: NewLogin<Json>,
): Promise<Login> => {
  const id = loginId(`${live.settings.id}:${login.id}`);
  const told = createHash("sha256").update(JSON.stringify(login.account)).digest("base64url");
  const before = await box.store.read.logins.get(id);
  const same = (await box.store.read.keys.get(scope, id)) === told;
  const kept = same && before?.owner === undefined ? before : undefined;
  const row: Login = {
    id,
    network: live.settings.id,
    owner: undefined,
    user: login.user,
    name: login.name,
    role: login.role,
    account: kept ? kept.account : login.account,
    accountVersion: kept ? kept.accountVersion : live.settings.adapter.account.version,
    since: before?.since ?? box.clock.now(),
  };
  await box.store.commit(async (tx) => {
    await tx.logins.put(row);
    await tx.keys.set(scope, id, told, true);
  });
  return row;
};
