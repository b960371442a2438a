import { levels } from "./types.ts";
import type { BoxConfig, Level } from "./types.ts";

/** The most exact key counts: the user, then the server, then everyone. */
export const levelOf = (permissions: BoxConfig["permissions"], mxid: string): Level => {
  const server = mxid.slice(mxid.indexOf(":") + 1);
  for (const key of [mxid, server, "*"]) {
    const level = Object.hasOwn(permissions, key) ? permissions[key] : undefined;
    if (level !== undefined) return level;
  }
  return "none";
};

export const permits = (
  permissions: BoxConfig["permissions"],
  mxid: string,
  what: Exclude<Level, "block" | "none">,
): boolean => levels.indexOf(levelOf(permissions, mxid)) >= levels.indexOf(what);

/** The users that are admins by name. */
export const adminsOf = (permissions: BoxConfig["permissions"]): readonly string[] =>
  Object.entries(permissions)
    .filter(([key, level]) => level === "admin" && key.startsWith("@"))
    .map(([key]) => key);
