import { itArrived, retry } from "./again.ts";
import { doin, sudo } from "./acting.ts";
import { ban, bans, unban } from "./bans.ts";
import { bridge, unbridge } from "./bridge.ts";
import type { Command } from "./command.ts";
import { createGroup } from "./create-group.ts";
import { deleteAllPortals } from "./delete-all-portals.ts";
import { deletePortal } from "./delete-portal.ts";
import { help } from "./help.ts";
import { id } from "./id.ts";
import { join } from "./join.ts";
import { confirm, link, unlinkCommand } from "./link.ts";
import { cancel, listLogins, login, logout } from "./logins.ts";
import { loginMatrix, logoutMatrix, pingMatrixCommand } from "./matrix.ts";
import { mute, unmute } from "./mute.ts";
import { ping } from "./ping.ts";
import { relogin } from "./relogin.ts";
import { resolveIdentifier } from "./resolve-identifier.ts";
import { setPreferredLogin } from "./set-preferred-login.ts";
import { syncPortalCommand } from "./sync-portal.ts";
import { pm, search } from "./people.ts";
import { setRelay, unsetRelay } from "./relay.ts";
import { status } from "./status.ts";

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [
  login,
  relogin,
  cancel,
  logout,
  listLogins,
  loginMatrix,
  pingMatrixCommand,
  logoutMatrix,
  link,
  confirm,
  unlinkCommand,
  join,
  pm,
  createGroup,
  search,
  resolveIdentifier,
  bridge,
  unbridge,
  syncPortalCommand,
  deletePortal,
  deleteAllPortals,
  setRelay,
  unsetRelay,
  bans,
  ban,
  unban,
  retry,
  itArrived,
  setPreferredLogin,
  mute,
  unmute,
  id,
  help,
  status,
  ping,
  sudo,
  doin,
];
