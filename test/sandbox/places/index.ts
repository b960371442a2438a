import { openDiscord } from "./discord.ts";
import { openIrc } from "./irc.ts";
import type { Place } from "./place.ts";
import { openSlack } from "./slack.ts";
import { openTelegram, type TelegramPlace } from "./telegram.ts";

/** Every network of the sandbox, in the order of the page. */
export interface Places {
  readonly all: readonly Place[];
  /** Also by itself: Ana has an account there. */
  readonly telegram: TelegramPlace;
}

export const openPlaces = async (): Promise<Places> => {
  const [irc, telegram, slack, discord] = await Promise.all([
    openIrc(),
    openTelegram(),
    openSlack(),
    openDiscord(),
  ]);
  return { all: [irc, telegram, slack, discord], telegram };
};
