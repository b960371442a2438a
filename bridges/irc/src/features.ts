import type { Ability, ChatFeatures, ChatRef, Role, TextMark } from "@bridgebox/core/adapter";
import type { Abilities } from "./api/abilities.ts";
import { audienceOf, isQuery } from "./ids.ts";

/** What of a text it has itself. */
const marks: readonly TextMark[] = ["bold", "italic", "underline", "strike", "code", "colour"];

/** The tags of a reaction and of typing, as clients know them. */
export const tag = {
  react: "+draft/react",
  unreact: "+draft/unreact",
  reply: "+draft/reply",
  typing: "+typing",
  /** Ours: by it a message is found again in the server's history. */
  key: "+bridgebox/key",
} as const;

export interface FeatureFacts {
  readonly chat: ChatRef;
  readonly abilities: Abilities | undefined;
  /** This client may speak under others' names there. */
  readonly relays: boolean;
  /** Seconds after which a waiting message fails. */
  readonly maxAge: number;
  /** What somebody can be made on a channel of that server. */
  readonly roles: readonly Role[];
  /** Where there are no reactions, a line says so. */
  readonly reactionLines: boolean;
}

/** Reactions as such, not as a line. */
export const reactsTo = (abilities: Abilities | undefined): boolean =>
  abilities?.sends(tag.react) === true && abilities.sends(tag.reply);

/** The methods that depend on the server. */
export const servable = ["find", "remove", "react", "history", "typing"] as const;
export type Servable = (typeof servable)[number];

/** What of them works on this server now. */
export function served(
  abilities: Abilities | undefined,
  reactionLines: boolean,
): Readonly<Record<Servable, boolean>> {
  const history = abilities?.history !== undefined;
  return {
    find: history,
    history,
    remove: abilities?.redact === true,
    react: reactionLines || reactsTo(abilities),
    typing: abilities?.sends(tag.typing) === true,
  };
}

/** What a chat can do now. */
export function featuresOf(facts: FeatureFacts): ChatFeatures {
  const { chat, abilities, relays, maxAge, reactionLines, roles } = facts;
  const always = ["plan", "user", "members", "resolve", "search", "startChat", "presence"] as const;
  const channel = !isQuery(chat)
    ? (["join", "leave", "setInfo", "setMember", "bans", "setBan"] as const)
    : [];
  const offered = served(abilities, reactionLines);
  const isPart = isQuery(chat) && audienceOf(chat.id) !== undefined;
  const optional = servable.filter(
    (name) => offered[name] && !(isPart && (name === "history" || name === "find")),
  );
  const can: readonly Ability[] = [...always, ...channel, ...optional];
  const native = relays && channel.length > 0;
  return {
    version: `4 ${optional.join(" ")} ${native ? "native" : "prefix"} ${roles.join(" ")}`,
    text: { max: 60_000, unit: "byte", lines: "single", marks },
    relay: { text: native ? "native" : "prefix", media: native ? "native" : "prefix" },
    can,
    parts: [],
    media: {},
    ...(reactsTo(abilities) ? { reactions: { perUser: 20, custom: false } } : {}),
    ...(channel.length > 0 ? { roles } : {}),
    thread: "none",
    maxAge: maxAge * 1000,
  };
}
