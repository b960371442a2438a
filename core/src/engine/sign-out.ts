import { asBridgeError } from "../adapter/index.ts";
import type { LoginId } from "../adapter/index.ts";
import { deadlineWithin } from "../flow/deadline.ts";
import type { Box } from "./box.ts";

/**
 * Ends the login's session on the network too, where it has one. What its person has to know if that
 * was not done; the login is let go of anyhow.
 */
export const signOut = async (box: Box, id: LoginId): Promise<string | undefined> => {
  const live = [...box.networks.values()].find(({ logins }) => logins.has(id));
  const login = live?.logins.get(id);
  if (!live || !login || login.state === "needs-login") return undefined;
  const { name } = live.settings.adapter;
  if (login.connection === undefined) return unfinished(name, "it was not connected.");
  if (!box.connections.can(id, "signOut")) return undefined;
  const deadline = deadlineWithin(box.settings.deadline.network, box.signal);
  try {
    await box.connections.call(id, "signOut", deadline.signal);
    return undefined;
  } catch (error) {
    return unfinished(name, asBridgeError(error).message);
  } finally {
    deadline.end();
  }
};

const unfinished = (network: string, why: string): string =>
  `${network} was not told: ${why} If it lists your sessions, end this one there.`;
