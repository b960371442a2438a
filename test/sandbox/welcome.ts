import { setTimeout as sleep } from "node:timers/promises";
import type { Cast } from "./cast.ts";
import type { Hub } from "./hub.ts";
import type { Links } from "./links.ts";
import type { Presence } from "./presence.ts";
import { logInAna } from "./telegram-login.ts";

const lookAgainMs = 100;
const tries = 3;
/** The bot, and Ana herself. */
const withAna = 2;

export interface WelcomeParts {
  readonly cast: Cast;
  readonly links: Links;
  readonly presence: Presence;
  readonly hub: Hub;
  readonly signal: AbortSignal;
}

/** Once the box has entered the lobby: Ana logs in to Telegram, and Bob writes to her. */
export const welcome = async ({
  cast,
  links,
  presence,
  hub,
  signal,
}: WelcomeParts): Promise<void> => {
  await so(() => presence.has("lobby"), signal);
  if (signal.aborted) return;
  hub.happened("The box is in the lobby on every side");
  if (!(await loggedIn({ cast, hub, signal }))) return;
  hub.happened("Ana logged in to her own Telegram account, by talking to the bot");
  await so(() => links.connected("telegram") >= withAna, signal);
  if (signal.aborted) return;
  cast.places.telegram.bobSays("Hi Ana, it is Bob. Nobody but you can read this.");
};

/** A box that is killed meanwhile forgets how far the talk had come: it begins anew, as people would. */
const loggedIn = async ({
  cast,
  hub,
  signal,
}: Pick<WelcomeParts, "cast" | "hub" | "signal">): Promise<boolean> => {
  for (let left = tries - 1; !signal.aborted; left -= 1) {
    try {
      await logInAna(cast, signal);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      const why = error instanceof Error ? error.message : String(error);
      const next = left > 0 ? "It is tried again." : "Start the sandbox again to have it.";
      hub.happened(`Ana is not logged in to Telegram: ${why} ${next}`);
      if (left === 0) return false;
    }
  }
  return false;
};

/** Resolves when it is so, or when the sandbox ends. */
const so = async (look: () => boolean, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted && !look()) {
    await sleep(lookAgainMs, undefined, { signal }).catch(() => undefined);
  }
};
