import type { RemoteEvent } from "@bridgebox/core/adapter";
import type { APIUser } from "discord.js";
import { userEvent } from "./message.ts";

const mostKept = 5000;

/** Tells of a person when they are first seen, and when they look different. */
export const createProfiles = (): ((user: APIUser) => readonly RemoteEvent[]) => {
  const seen = new Map<string, string>();
  return (user) => {
    const look = JSON.stringify([user.username, user.global_name, user.avatar]);
    if (seen.get(user.id) === look) return [];
    seen.delete(user.id);
    seen.set(user.id, look);
    const [oldest] = seen.keys();
    if (seen.size > mostKept && oldest !== undefined) seen.delete(oldest);
    return [userEvent(user)];
  };
};
