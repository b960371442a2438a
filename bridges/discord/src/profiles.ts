import type { RemoteEvent } from "@bridgebox/core/adapter";
import type { APIUser } from "discord.js";
import { userEvent } from "./message.ts";
import { keepSome } from "./keep-some.ts";

const mostKept = 5000;

/** `guest`: a webhook, which has another name in each message. */
export type Profiles = (user: APIUser, guest?: "guest") => readonly RemoteEvent[];

/** Tells of a person when they are first seen, and when they look different; of a guest only once. */
export const createProfiles = (): Profiles => {
  const seen = new Map<string, string>();
  return (user, guest) => {
    const look = guest ?? JSON.stringify([user.username, user.global_name, user.avatar]);
    if (seen.get(user.id) === look) return [];
    keepSome(seen, user.id, look, mostKept);
    return [userEvent(user)];
  };
};
