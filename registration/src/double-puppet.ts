import { AppServiceRegistration } from "matrix-appservice-bridge";

import { escaped } from "./build.ts";
import type { Registration, RegistrationPlan } from "./types.ts";

/** The command that makes it. */
export const makingDoublePuppet = "npm run register -- --double-puppet";

/**
 * A second registration, over the people of the homeserver: its token lets the box show what they say
 * on a network as said by themselves. It keeps nobody from a name, and nothing is pushed to it.
 */
export const buildDoublePuppet = (
  plan: RegistrationPlan,
  existing?: Registration,
): Registration => {
  const token = (): string => AppServiceRegistration.generateToken();
  const id = `${plan.appservice.id}-doublepuppet`;
  const regex = `^@.*:${escaped(plan.homeserver.domain)}$`;
  return {
    ...existing,
    id,
    url: null,
    as_token: existing?.as_token ?? token(),
    hs_token: existing?.hs_token ?? token(),
    sender_localpart: existing?.sender_localpart ?? `${id}-${token().slice(0, 12)}`.toLowerCase(),
    rate_limited: false,
    namespaces: { users: [{ regex, exclusive: false }], aliases: [], rooms: [] },
  };
};
