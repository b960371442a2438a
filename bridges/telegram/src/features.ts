import type { ChatFeatures, TextMark } from "@bridgebox/core/adapter";
import type { Access, Ask } from "./access.ts";
import { Api } from "./api/tl.ts";
import type { MediaKind } from "./body.ts";
import type { PeerId } from "./ids.ts";
import { longestCaption, longestText } from "./outgoing.ts";
import { mostPerUser } from "./reactions.ts";
import type { Rights } from "./rights.ts";
import { largestFile } from "./upload.ts";

const editTime = 48 * 60 * 60 * 1000;

/** What of a text it has itself. */
const marks: readonly TextMark[] = [
  "bold",
  "italic",
  "underline",
  "strike",
  "spoiler",
  "code",
  "link",
  "user",
  "quote",
  "pre",
];

/** What a chat says of itself beside its kind. */
export interface Limits {
  readonly reactions?: ChatFeatures["reactions"];
  /** Seconds between two messages of one person. */
  readonly slow?: number | undefined;
  readonly forum?: boolean | undefined;
  readonly rights?: Rights | undefined;
}

const caption = { max: largestFile, caption: longestCaption };
const bare = { max: largestFile, caption: 0 };
const media: Readonly<Record<MediaKind, { readonly max: number; readonly caption: number }>> = {
  image: caption,
  video: caption,
  audio: caption,
  file: caption,
  gif: caption,
  voice: caption,
  sticker: bare,
  round: bare,
};

/** What can be done in a chat by this kind of account now. */
export const featuresOf = (peer: PeerId, bot: boolean, limits: Limits = {}): ChatFeatures => {
  const { reactions, slow, forum, rights } = limits;
  const { gives = [] } = rights ?? {};
  const personal = peer.kind === "user";
  const facts = JSON.stringify([reactions ?? null, slow ?? 0, forum === true, rights ?? null]);
  return {
    version: `${bot ? "bot" : "user"}-4 ${facts}`,
    text: { max: longestText, unit: "utf16", lines: "many", marks },
    relay: { text: "prefix", media: "prefix" },
    can: [
      "find",
      "edit",
      "remove",
      "react",
      "open",
      "pin",
      "closePoll",
      "user",
      "typing",
      ...(personal ? [] : (["members"] as const)),
      ...(rights?.info === true ? (["setInfo"] as const) : []),
      ...(rights?.remove === true || gives.length > 0 ? (["setMember"] as const) : []),
      ...(bot
        ? []
        : (["history", "markRead", "own", "presence", "vote", "join", "leave"] as const)),
    ],
    parts: ["media", "location", "contact", ...(personal ? [] : (["poll"] as const))],
    media,
    editFor: editTime,
    ...(reactions === undefined ? {} : { reactions }),
    ...(gives.length === 0 ? {} : { roles: gives }),
    ...(slow === undefined || slow === 0 ? {} : { slowMode: slow * 1000 }),
    thread: forum === true ? "chat" : "none",
  };
};

/** Telegram's own reactions, which everybody may use where a chat allows all. */
export class StandardReactions {
  #known: readonly string[] | undefined;

  /** Nothing for bots, which may not ask. */
  async list(access: Access, ask: Ask): Promise<readonly string[] | undefined> {
    if (access.bot || this.#known !== undefined) return this.#known;
    const answer = await access.client.call<Api.messages.TypeAvailableReactions>(
      new Api.messages.GetAvailableReactions({ hash: 0 }),
      ask,
    );
    if (!(answer instanceof Api.messages.AvailableReactions)) return undefined;
    this.#known = answer.reactions.flatMap((each) =>
      each.inactive === true || each.premium === true ? [] : [each.reaction],
    );
    return this.#known;
  }
}

/** Which reactions a chat takes from this account; everything that there is where it does not say. */
export const reactionsOf = async (
  { access, standard }: { readonly access: Access; readonly standard: StandardReactions },
  allowed: Api.TypeChatReactions | undefined,
  ask: Ask,
): Promise<NonNullable<ChatFeatures["reactions"]>> => {
  const perUser = await mostPerUser(access);
  const premium = perUser > 1;
  if (allowed instanceof Api.ChatReactionsNone) return { allowed: [], perUser, custom: false };
  if (allowed instanceof Api.ChatReactionsSome) {
    const emoji = allowed.reactions.flatMap((each) =>
      each instanceof Api.ReactionEmoji ? [each.emoticon] : [],
    );
    return { allowed: emoji, perUser, custom: premium && emoji.length < allowed.reactions.length };
  }
  const list = await standard.list(access, ask);
  const custom =
    premium && (!(allowed instanceof Api.ChatReactionsAll) || allowed.allowCustom === true);
  return { ...(list === undefined ? {} : { allowed: list }), perUser, custom };
};
