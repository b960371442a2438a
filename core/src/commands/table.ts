import { itArrived, retry } from "./again.ts";
import { bridge, unbridge } from "./bridge.ts";
import type { Command } from "./command.ts";
import { deleteAllPortals } from "./delete-all-portals.ts";
import { deletePortal } from "./delete-portal.ts";
import { help } from "./help.ts";
import { id } from "./id.ts";
import { join } from "./join.ts";
import { cancel, listLogins, login, logout } from "./logins.ts";
import { pm, search } from "./people.ts";
import { setRelay, unsetRelay } from "./relay.ts";
import { status } from "./status.ts";

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [
  login,
  cancel,
  logout,
  listLogins,
  join,
  pm,
  search,
  bridge,
  unbridge,
  deletePortal,
  deleteAllPortals,
  setRelay,
  unsetRelay,
  retry,
  itArrived,
  id,
  help,
  status,
];
