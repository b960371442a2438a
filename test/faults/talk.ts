import { until } from "../sandbox/client.ts";
import type { Side, World } from "./world.ts";

const names: Readonly<Record<Side, string>> = {
  matrix: "Matrix",
  irc: "IRC",
  slack: "Slack",
  telegram: "Telegram",
  discord: "Discord",
};

/** People of these sides speak by turns, so that a line says who said it and about what. */
export const talk = async (
  world: World,
  sides: readonly Side[],
  { about, count = 5 }: { readonly about: string; readonly count?: number },
): Promise<void> => {
  for (let number = 1; number <= count; number += 1) {
    for (const side of sides) await world.say(side, `${about}, ${names[side]} ${number}`);
  }
};

/** Resolves once the others have what they said to each other about it, whatever becomes of that side. */
export const elsewhere = (world: World, without: Side, about: string): Promise<boolean> =>
  until(`all but ${without} have what was said about ${about}`, () =>
    world
      .report()
      .missing.filter(({ from, to }) => from !== without && to !== without)
      .every(({ text }) => !text.startsWith(`${about},`)),
  );
