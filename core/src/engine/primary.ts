import type { LoginId } from "../adapter/index.ts";
import type { Portal } from "../store/types.ts";
import type { Box, LiveLogin } from "./box.ts";
import { networkOf } from "./portals.ts";

/**
 * Where the wire has no message ids, only one login's view of a shared chat counts: the relay's if
 * it is there, else that of whoever is in it longest.
 */
export const primaryOf = async (box: Box, portal: Portal): Promise<LoginId | undefined> => {
  const live = networkOf(box, portal);
  if (!live) return undefined;
  const present = (id: LoginId | undefined): LiveLogin | undefined => {
    const login = id === undefined ? undefined : live.logins.get(id);
    return login?.state === "connected" ? login : undefined;
  };
  const inside = await box.store.read.portals.logins(portal.id);
  const connected = inside.map(present).filter((login) => login !== undefined);
  const relay = connected.find((login) => login.row.role === "relay");
  const current = connected.find((login) => login.row.id === portal.primary);
  return (relay ?? current ?? connected[0])?.row.id;
};

/** Whether events without ids that these logins saw are the ones that count. */
export const isHeard = async (
  box: Box,
  portal: Portal,
  seenBy: readonly LoginId[],
): Promise<{ readonly heard: boolean; readonly primary: LoginId | undefined }> => {
  const live = networkOf(box, portal);
  if (live?.settings.adapter.ids !== "none" || portal.chat.receiver !== undefined)
    return { heard: true, primary: portal.primary };
  const primary = (await primaryOf(box, portal)) ?? seenBy[0];
  return { heard: primary !== undefined && seenBy.includes(primary), primary };
};
