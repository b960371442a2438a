import { usersIn } from "./api/answers.ts";
import { compareIds } from "./ids.ts";
import type { View } from "./view.ts";
import { fieldsOf } from "./wire.ts";

const longestPage = 100;

/**
 * The ids of the people behind a reaction or an answer, in their order, page by page
 * (docs.discord.com/developers/resources/message#get-reactions). `whole` is false where there were more
 * than `most`.
 */
export const readPeople = async (
  { rest, signal }: View,
  path: `/${string}`,
  { what, most, query = {} }: PeopleAsked,
): Promise<{ readonly ids: readonly string[]; readonly whole: boolean }> => {
  const ids: string[] = [];
  for (let after = "0"; ids.length < most;) {
    const limit = Math.min(longestPage, most - ids.length);
    const asking = { what, signal, patient: true, query: { ...query, limit, after } };
    const page = await rest.call("GET", path, asking);
    const people = usersIn(Array.isArray(page) ? page : fieldsOf(page)["users"], what);
    ids.push(...people.map(({ id }) => id));
    if (people.length < limit) return { ids, whole: true };
    const last = ids.at(-1) ?? after;
    // The same page again would be read for ever.
    if (compareIds(last, after) <= 0) return { ids, whole: false };
    after = last;
  }
  return { ids, whole: false };
};

interface PeopleAsked {
  /** "The reactions were not read" */
  readonly what: string;
  readonly most: number;
  readonly query?: Readonly<Record<string, string | number>>;
}

/** Whether that one person is among them. */
export const isAmong = async (
  { rest, signal }: View,
  path: `/${string}`,
  { what, who }: { readonly what: string; readonly who: string },
): Promise<boolean> => {
  const query = { limit: 1, after: String(BigInt(who) - 1n) };
  const ask = { what, signal, patient: true, query } as const;
  const answer = await rest.call("GET", path, ask);
  return usersIn(fieldsOf(answer)["users"], what)[0]?.id === who;
};
