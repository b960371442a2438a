import type { ChatRef, LoginId, MediaRef } from "@bridgebox/core/adapter";
import { signOf } from "./emoji.ts";
import { chatRef, isConversation, isPerson } from "./ids.ts";
import { publicPicture } from "./media.ts";
import type { People } from "./people.ts";

/** What a text names, looked up before it is read. */
export interface Names {
  person(id: string): string | undefined;
  chat(id: string): { readonly ref: ChatRef; readonly name: string | undefined };
  group(id: string): string | undefined;
  emoji(name: string): MediaRef | undefined;
}

const most = 200;

/** Looks up everybody and everything that these JSON values mention. */
export const namesIn = async (
  people: People,
  login: LoginId,
  values: readonly unknown[],
): Promise<Names> => {
  const text = JSON.stringify(values);
  const ids = found(text, /[UWC][A-Z0-9]{8,30}/g).filter(
    (id) => isPerson(id) || isConversation(id),
  );
  const teams = found(text, /S[A-Z0-9]{8,30}/g);
  const custom = [
    ...found(text, /(?<=:)[\p{L}\d_+'-]{1,100}(?=:)/gu),
    ...found(text, /(?<="name":")[\p{L}\d_+'-]{1,100}(?=")/gu),
  ].filter((name) => signOf(name) === undefined && /\p{L}/u.test(name));
  const names = new Map<string, string | undefined>();
  const pictures = new Map<string, string | undefined>();
  const groups = new Map<string, string | undefined>();
  await Promise.all([
    ...teams.map(async (id) => groups.set(id, await people.group(id))),
    ...ids.map(async (id) => names.set(id, await people.name(id))),
    ...custom.map(async (name) => pictures.set(name, await people.picture(name))),
  ]);
  return {
    person: (id) => names.get(id),
    chat: (id) => ({ ref: chatRef(id, login), name: names.get(id) }),
    group: (id) => groups.get(id),
    emoji: (name) => {
      const url = pictures.get(name);
      return url === undefined ? undefined : publicPicture(url);
    },
  };
};

const found = (text: string, what: RegExp): readonly string[] =>
  [...new Set(Array.from(text.matchAll(what), ([all]) => all))].slice(0, most);
