import type { LoginId, Millis } from "../../adapter/index.ts";
import { Lru } from "../../flow/lru.ts";
import type { Works } from "../works.ts";
import { Latest } from "./latest.ts";
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

/** Who is away here is away there, where they have a login of their own. Only changes are told. */
export const presenceToNetwork = (works: Works): ((presence: Presence) => void) => {
  const { box } = works;
  const told = new Lru<LoginId, string>(5000);
  const tell = async ({ user, state, text }: Presence): Promise<void> => {
    for (const { logins } of box.networks.values()) {
      for (const { row } of logins.values()) {
        if (row.owner !== user || !box.connections.can(row.id, "presence")) continue;
        const now = JSON.stringify([state, text ?? ""]);
        if (told.get(row.id) === now) continue;
        told.set(row.id, now);
        const said = text === undefined ? undefined : text.slice(0, longestText);
        const call = box.connections.call(
          row.id,
          "presence",
          state,
          ...(said === undefined ? [] : [said]),
        );
        await quietly(box, "Presence", call);
      }
    }
  };
  const latest = new Latest<Presence>({
    clock: box.clock,
    signal: box.signal,
    wait,
    most: mostWaiting,
    work: (presence) => quietly(box, "Presence", tell(presence)),
  });
  return (presence) => {
    if (!works.isInNamespace(presence.user)) latest.set(presence.user, presence);
  };
};
