import { AppServiceRegistration } from "matrix-appservice-bridge";

import type { Registration, RegistrationPlan } from "./types.ts";

type Kind = "users" | "aliases";

/**
 * One registration for all networks of the box. What an existing one holds stays: the tokens and
 * the sender, which the homeserver and the box already share, and namespaces of networks that are
 * gone, whose users are still in rooms.
 */
export const buildRegistration = (
  plan: RegistrationPlan,
  existing?: Registration,
): Registration => {
  const made = new AppServiceRegistration(plan.appservice.address);
  made.setId(plan.appservice.id);
  made.setAppServiceToken(existing?.as_token ?? AppServiceRegistration.generateToken());
  made.setHomeserverToken(existing?.hs_token ?? AppServiceRegistration.generateToken());
  made.setSenderLocalpart(existing?.sender_localpart ?? plan.appservice.bot.username);
  made.setRateLimited(false);
  made.pushEphemeral = true;
  const types = plan.networks.map((network) => network.type);
  made.setProtocols([...new Set([...(existing?.protocols ?? []), ...types])]);
  for (const kind of ["users", "aliases"] as const) {
    const wanted = namespaces(plan, kind);
    const kept = (existing?.namespaces?.[kind] ?? []).filter((it) => !wanted.includes(it.regex));
    for (const regex of wanted) made.addRegexPattern(kind, regex, true);
    for (const { regex, exclusive } of kept) made.addRegexPattern(kind, regex, exclusive);
  }
  for (const { regex, exclusive } of existing?.namespaces?.rooms ?? []) {
    made.addRegexPattern("rooms", regex, exclusive);
  }
  return { ...existing, ...made.getOutput(), receive_ephemeral: true };
};

/** The regular expressions that the config needs, anchored, so that no stranger's name matches. */
export const namespaces = (plan: RegistrationPlan, kind: Kind): readonly string[] => {
  const domain = escaped(plan.homeserver.domain);
  const of = plan.networks.map((network) =>
    kind === "users"
      ? `^@${escaped(network.ghostPrefix)}.+:${domain}$`
      : `^#${escaped(network.aliasPrefix)}.+:${domain}$`,
  );
  const bot = kind === "users" ? [`^@${escaped(plan.appservice.bot.username)}:${domain}$`] : [];
  return [...new Set([...bot, ...of])];
};

/** Only what Python, Go and Rust all take with a backslash. */
export const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
