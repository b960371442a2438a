import type { LoginId, RemoteEvent } from "../adapter/index.ts";
import type { PortalId } from "../store/types.ts";
import type { LiveNetwork } from "./box.ts";

type Hearing = Pick<LiveNetwork, "hearing" | "logins">;

/** Who is in that chat, as far as was told, in the order of coming. */
export const hearersOf = ({ hearing }: Hearing, portal: PortalId): ReadonlySet<LoginId> =>
  hearing.get(portal) ?? new Set();

/**
 * Before that event is judged: a login hears from the moment that anybody of the box sees it come in. Whoever
 * saw it hears the same from there on, and so nothing is heard twice.
 */
export const noteHearing = (
  live: Hearing,
  portal: PortalId,
  { event, seenBy }: { readonly event: RemoteEvent; readonly seenBy: readonly LoginId[] },
): void => {
  const hearers = live.hearing.get(portal) ?? new Set();
  live.hearing.set(portal, hearers);
  if (event.kind === "gone") {
    if (event.login !== undefined) hearers.delete(event.login);
    return;
  }
  for (const id of seenBy) hearers.add(id);
  if (event.kind !== "members") return;
  const states = new Map(event.list.map(({ user, state }) => [user, state]));
  for (const { row, state } of live.logins.values()) {
    const now = states.get(row.user);
    if (now === "join" && state === "connected") hearers.add(row.id);
    else if (now !== undefined && now !== "join") hearers.delete(row.id);
  }
};

/** It is not connected any more. */
export const hearsNoMore = ({ hearing }: Pick<Hearing, "hearing">, login: LoginId): void => {
  for (const [portal, hearers] of hearing)
    if (hearers.delete(login) && hearers.size === 0) hearing.delete(portal);
};
