import type { LoginId, Millis } from "../../adapter/index.ts";
import { Lru } from "../../flow/lru.ts";
import type { LiveLogin } from "../box.ts";
import type { Works } from "../works.ts";
import { Latest } from "./latest.ts";
import { perLogin } from "./per-login.ts";
import { quietly } from "./quietly.ts";

/** A person's presence as the homeserver tells it. */
export interface Presence {
  readonly user: string;
  readonly state: "online" | "away" | "offline";
  readonly text: string | undefined;
}

/** Who looks at a telephone for a moment is not told to every network, in milliseconds. */
const wait: Millis = 10_000;
const mostWaiting = 500;
/** No status line is longer. */
const longestText = 200;

/**
 * Who is away here is away there, where they have a login of their own. Only changes are told, and anew
 * what was not heard, or what a network may have forgotten because the login was away from it.
 */
export const presenceToNetwork = (works: Works): ((presence: Presence) => void) => {
  const { box } = works;
  const told = new Lru<LoginId, string>(5000);
  const tell = async ({ row, since }: LiveLogin, { state, text }: Presence): Promise<void> => {
    const now = JSON.stringify([since, state, text ?? ""]);
    if (told.get(row.id) === now) return;
    const said = text === undefined ? [] : [text.slice(0, longestText)];
    await box.connections.call(row.id, "presence", state, ...said);
    told.set(row.id, now);
  };
  const soon = perLogin<{ readonly login: LiveLogin; readonly presence: Presence }>(
    (_id, { login, presence }) => quietly(box, "Presence", tell(login, presence)),
  );
  const everywhere = (presence: Presence): void => {
    for (const { logins } of box.networks.values())
      for (const login of logins.values())
        if (login.row.owner === presence.user && box.connections.can(login.row.id, "presence"))
          soon(login.row.id, "", { login, presence });
  };
  const latest = new Latest<Presence>({
    clock: box.clock,
    signal: box.signal,
    wait,
    most: mostWaiting,
    work: (presence) => Promise.resolve(everywhere(presence)),
  });
  return (presence) => {
    if (!works.isInNamespace(presence.user)) latest.set(presence.user, presence);
  };
};
