import type { Ban, NetworkId } from "../adapter/index.ts";
import { masksOf, setMask } from "../engine/index.ts";
import type { WhichChat } from "../engine/index.ts";
import { cleanName } from "../richtext/index.ts";
import { askingOf } from "./asking.ts";
import type { Asked, Command } from "./command.ts";
import { hasOthers } from "./others.ts";

/** More than that nobody reads. */
const mostShown = 50;

type Kind = NonNullable<Ban["kind"]> | "ban";

const kinds: Readonly<Record<Kind, string>> = {
  ban: "banned",
  quiet: "may not speak",
  exception: "no ban meets it",
  invitation: "needs no invitation",
};

const isKind = (word: string | undefined): word is Kind =>
  word !== undefined && Object.hasOwn(kinds, word);

/** To the minute, in UTC: `2026-11-26 18:30`. */
const moment = (at: number): string =>
  Number.isFinite(at) && at < 8.64e15
    ? new Date(at).toISOString().slice(0, 16).replace("T", " ")
    : "";

const lineOf = ({ mask, kind, by, at, reason }: Ban): string => {
  const when = at === undefined ? "" : moment(at);
  const set = [
    kinds[kind ?? "ban"],
    ...(by === undefined ? [] : [`by ${cleanName(by)}`]),
    ...(when === "" ? [] : [`since ${when} UTC`]),
    ...(reason === undefined ? [] : [`(${cleanName(reason)})`]),
  ];
  return `  ${cleanName(mask)} – ${set.join(" ")}`;
};

const isBridged = async ({ engine, room }: Asked, network: NetworkId): Promise<boolean> =>
  (await engine.works.portals.ofRoom(room)).some((one) => !one.dead && one.network === network);

export const bans: Command = {
  name: "bans",
  section: "rooms",
  network: "first",
  again: true,
  args: "<network> [chat]",
  says: "lists whom masks keep out of a chat, quiet, or let in: by whom, and since when",
  needs: "user",
  async run(asked) {
    const { asking, id, rest } = askingOf(asked);
    const isHere = rest === "" && (await isBridged(asked, id));
    if (rest === "" && !isHere) return "Tell me of which chat: bans <network> <chat>";
    if (await hasOthers(asked))
      return `I show nobody's address where others read along. Ask me in a room of the two of us: bans ${id} <chat>`;
    const which = { room: asked.room, name: isHere ? undefined : rest };
    const { chat, masks } = await masksOf(asked.engine.works, asking, which);
    const name = cleanName(chat.id);
    if (masks.length === 0) return `There is nobody on the lists of ${name} that you may see.`;
    const lines = masks.slice(0, mostShown).map(lineOf);
    const more = masks.length - lines.length;
    return [
      `${name} has on its lists:`,
      ...lines,
      ...(more === 0 ? [] : [`And ${more} more.`]),
      `Say "unban ${id} ${name} <mask>" to take one off.`,
    ].join("\n");
  },
};

interface Named {
  readonly which: WhichChat;
  readonly kind: Kind;
  readonly mask: string;
}

/** In the room of a chat: `[list] mask`; elsewhere the chat stands before it. */
const namedBy = async (
  asked: Asked,
  { id, rest }: { readonly id: NetworkId; readonly rest: string },
): Promise<Named | undefined> => {
  const words = rest.split(/\s+/).filter((word) => word !== "");
  const name = (await isBridged(asked, id)) ? undefined : words.shift();
  const mask = words.pop();
  const [kind = "ban", ...more] = words;
  if (mask === undefined || !isKind(kind) || more.length > 0) return undefined;
  return { which: { room: asked.room, name }, kind, mask };
};

const change = async (asked: Asked, on: boolean): Promise<string> => {
  const { asking, id, rest } = askingOf(asked);
  const verb = on ? "ban" : "unban";
  const named = await namedBy(asked, { id, rest });
  if (named === undefined)
    return `Tell me whom: ${verb} ${id} <chat> [${Object.keys(kinds).join(" | ")}] <mask>; in the room of a chat without its name.`;
  const { which, kind, mask } = named;
  const ban: Ban = { mask, on, ...(kind === "ban" ? {} : { kind }) };
  const chat = await setMask(asked.engine.works, asking, { which, ban });
  const shown = `${cleanName(mask)} in ${cleanName(chat.id)}`;
  return `That stands ${on ? "now" : "no more"}: ${shown} – ${kinds[kind]}.`;
};

export const ban: Command = {
  name: "ban",
  section: "rooms",
  network: "first",
  again: true,
  args: "<network> [chat] [ban | quiet | exception | invitation] <mask>",
  says: "bans whoever fits a mask, by your own login; a person you ban in the room",
  needs: "user",
  run: (asked) => change(asked, true),
};

export const unban: Command = {
  name: "unban",
  section: "rooms",
  network: "first",
  again: true,
  args: "<network> [chat] [ban | quiet | exception | invitation] <mask>",
  says: "takes a mask off such a list",
  needs: "user",
  run: (asked) => change(asked, false),
};
