import type { Ability, ChatFeatures, Json, TextMark } from "../adapter/index.ts";
import type { Portal } from "../store/types.ts";
import type { RoomState } from "./bridge-info.ts";
import { stateKeyOf } from "./bridge-info.ts";

/** How well something works, as the event counts it: refused, not at all, in another form, wholly. */
const level = { rejected: -2, none: 0, partly: 1, fully: 2 } as const;

/** What the box itself adds to a chat's features. */
export interface OfBox {
  /** The largest file that is passed on, in bytes. */
  readonly mediaMost: number;
  /** Whether files can go as links where a network has none of its own. */
  readonly isPublic: boolean;
}

/**
 * What can be done in the chat, for clients that offer only that: `com.beeper.room_features`, as
 * described in https://github.com/mautrix/go/blob/main/event/capabilities.d.ts
 */
export const roomFeatures = (
  { network, chat }: Pick<Portal, "network" | "chat">,
  features: ChatFeatures,
  box: OfBox,
): RoomState => {
  const can = (ability: Ability): boolean => features.can.includes(ability);
  const full = (ability: Ability): number => (can(ability) ? level.fully : level.none);
  const asPart = (kind: "location" | "poll"): number =>
    features.parts.includes(kind) ? level.fully : level.partly;
  return {
    type: "com.beeper.room_features",
    state_key: stateKeyOf(network, chat),
    content: {
      id: `${network} ${features.version}`,
      formatting: formatting(features),
      file: files(features, box),
      state: { ...stateOf(can), ...powerOf(features) },
      member_actions: membersOf(can),
      max_text_length: features.text.max,
      location_message: asPart("location"),
      poll: asPart("poll"),
      poll_end: full("closePoll"),
      reply: level.partly,
      thread: features.thread === "inline" ? level.fully : level.none,
      edit: full("edit"),
      ...seconds("edit_max_age", features.editFor),
      delete: full("remove"),
      ...seconds("delete_max_age", features.deleteFor),
      ...reactions(features),
      read_receipts: can("markRead"),
      typing_notifications: can("typing"),
    },
  };
};

const seconds = (key: string, millis: number | undefined): { readonly [key: string]: number } =>
  millis === undefined ? {} : { [key]: Math.floor(millis / 1000) };

const reactions = ({ can, reactions: limits }: ChatFeatures): { readonly [key: string]: Json } => {
  if (!can.includes("react")) return { reaction: level.none };
  if (limits === undefined) return { reaction: level.partly };
  return {
    reaction: level.fully,
    reaction_count: limits.perUser,
    custom_emoji_reactions: limits.custom,
    ...(limits.allowed === undefined ? {} : { allowed_reactions: [...limits.allowed] }),
  };
};

const stateOf = (can: (ability: Ability) => boolean): { readonly [key: string]: Json } => ({
  ...(can("pin") ? { "m.room.pinned_events": { level: level.fully } } : {}),
  ...(can("setInfo")
    ? Object.fromEntries(
        ["name", "topic", "avatar"].map((what) => [`m.room.${what}`, { level: level.partly }]),
      )
    : {}),
});

/** A level counts as the role to which it belongs, where the network has roles to give. */
const powerOf = ({ roles = [] }: ChatFeatures): { readonly [key: string]: Json } => ({
  "m.room.power_levels": { level: roles.length > 0 ? level.partly : level.rejected },
});

const membersOf = (can: (ability: Ability) => boolean): { readonly [key: string]: Json } =>
  can("setMember") ? { kick: level.fully, ban: level.partly } : {};

/** How the event calls each kind of media. */
const kinds: readonly (readonly [kind: string, name: string])[] = [
  ["image", "m.image"],
  ["video", "m.video"],
  ["audio", "m.audio"],
  ["file", "m.file"],
  ["voice", "org.matrix.msc3245.voice"],
  ["gif", "fi.mau.gif"],
  ["sticker", "m.sticker"],
];

const files = (
  { parts, media }: ChatFeatures,
  { mediaMost, isPublic }: OfBox,
): { readonly [name: string]: Json } => {
  const own = parts.includes("media");
  return Object.fromEntries(
    kinds.map(([kind, name]): readonly [string, Json] => {
      const limits = own ? (media[kind] ?? media["file"]) : undefined;
      if (limits === undefined)
        return [name, { mime_types: { "*/*": isPublic ? level.partly : level.rejected } }];
      return [
        name,
        {
          mime_types: { "*/*": kind in media ? level.fully : level.partly },
          max_size: Math.min(limits.max, mediaMost),
          caption: limits.caption > 0 ? level.fully : level.partly,
          ...(limits.caption > 0 ? { max_caption_length: limits.caption } : {}),
        },
      ];
    }),
  );
};

/** What of a text a network may have itself, by how the event calls it. */
const marks: Readonly<Record<TextMark, readonly string[]>> = {
  bold: ["bold"],
  italic: ["italic"],
  underline: ["underline"],
  strike: ["strikethrough"],
  spoiler: ["spoiler"],
  code: ["inline_code"],
  colour: ["color.foreground", "color.background"],
  link: ["inline_link"],
  user: ["user_link"],
  chat: ["room_link"],
  everyone: ["at_room_mention"],
  emoji: ["custom_emoji"],
  heading: ["headers"],
  quote: ["blockquote"],
  pre: ["code_block", "code_block.syntax_highlighting"],
  list: ["unordered_list", "ordered_list", "ordered_list.start"],
  table: ["table"],
  rule: ["horizontal_line"],
};

/** What a network does not have is shown in the nearest form that it has. */
const formatting = ({ text }: ChatFeatures): { readonly [name: string]: number } =>
  Object.fromEntries(
    Object.entries(marks).flatMap(([mark, names]) => {
      const native = text.marks?.some((one) => one === mark) === true;
      return names.map((name) => [name, native ? level.fully : level.partly] as const);
    }),
  );
