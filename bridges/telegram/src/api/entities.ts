import type { Mark } from "../marks.ts";
import { Api, decimal, given, long } from "./tl.ts";

type Entity = Api.TypeMessageEntity;

const plainTypes = new Map<string, Mark["type"]>([
  ["MessageEntityBold", "bold"],
  ["MessageEntityItalic", "italic"],
  ["MessageEntityUnderline", "underline"],
  ["MessageEntityStrike", "strike"],
  ["MessageEntitySpoiler", "spoiler"],
  ["MessageEntityCode", "code"],
  ["MessageEntityUrl", "url"],
  ["MessageEntityEmail", "email"],
  ["MessageEntityMention", "mention"],
]);

/** TL's entities as marks; hashtags, commands and the like stay the text they are. */
export const marksOf = (entities: readonly Entity[] | undefined): readonly Mark[] =>
  (entities ?? []).flatMap((entity) => markOf(entity) ?? []);

const markOf = (entity: Entity): Mark | undefined => {
  const { offset, length } = entity;
  const plain = plainTypes.get(entity.className);
  if (plain !== undefined) return { type: plain, offset, length };
  if (entity instanceof Api.MessageEntityPre) {
    return { type: "pre", offset, length, language: entity.language };
  }
  if (entity instanceof Api.MessageEntityTextUrl) {
    return { type: "link", offset, length, url: entity.url };
  }
  if (entity instanceof Api.MessageEntityMentionName) {
    return { type: "user", offset, length, user: decimal(entity.userId) };
  }
  if (entity instanceof Api.MessageEntityCustomEmoji) {
    return { type: "emoji", offset, length, emoji: decimal(entity.documentId) };
  }
  if (entity instanceof Api.MessageEntityBlockquote) {
    return { type: "quote", offset, length, ...(entity.collapsed ? { collapsed: true } : {}) };
  }
  return undefined;
};

/** Marks as TL's entities; a person needs the hash that `userOf` finds, else the text stays plain. */
export const entitiesOf = async (
  marks: readonly Mark[],
  userOf: (id: string) => Promise<Api.InputUser | undefined>,
): Promise<Entity[]> => {
  const entities: Entity[] = [];
  for (const mark of marks) {
    const entity = mark.type === "user" ? await mentionOf(mark, userOf) : entityOf(mark);
    if (entity !== undefined) entities.push(entity);
  }
  return entities;
};

const mentionOf = async (
  { user, offset, length }: Mark,
  userOf: (id: string) => Promise<Api.InputUser | undefined>,
): Promise<Entity | undefined> => {
  const userId = user === undefined ? undefined : await userOf(user);
  return userId && new Api.InputMessageEntityMentionName({ offset, length, userId });
};

const entityOf = ({ type, offset, length, ...more }: Mark): Entity | undefined => {
  const at = { offset, length };
  switch (type) {
    case "bold":
      return new Api.MessageEntityBold(at);
    case "italic":
      return new Api.MessageEntityItalic(at);
    case "underline":
      return new Api.MessageEntityUnderline(at);
    case "strike":
      return new Api.MessageEntityStrike(at);
    case "spoiler":
      return new Api.MessageEntitySpoiler(at);
    case "code":
      return new Api.MessageEntityCode(at);
    case "pre":
      return new Api.MessageEntityPre({ ...at, language: more.language ?? "" });
    case "link":
      return new Api.MessageEntityTextUrl({ ...at, url: more.url ?? "" });
    case "quote":
      return new Api.MessageEntityBlockquote(given({ ...at, collapsed: more.collapsed }));
    case "emoji":
      return new Api.MessageEntityCustomEmoji({ ...at, documentId: long(more.emoji ?? "0") });
    case "url":
    case "email":
    case "mention":
    case "user":
      return undefined;
  }
};

/** The number TL wants for a send, made from its key: the same on every retry. */
export const longFromBytes = (bytes: Buffer) => long(bytes.readBigInt64LE(0));
