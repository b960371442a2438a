import { BridgeError } from "@bridgebox/core/adapter";
import { membersIn } from "./api/answers.ts";
import { isTransient } from "./errors.ts";
import { compareIds } from "./ids.ts";
import type { Who } from "./roles.ts";
import type { View } from "./view.ts";

const what = "It was not looked up who is what in a server";
/** So many people of a server are looked at, 1000 of them in a page. */
const mostPages = 10;
const pageSize = 1000;
/** Within that time, in milliseconds, a list is not asked for again: one change is often many. */
const listFor = 10_000;

/** The people of a server with their roles, as far as they are looked at. What fails for now is thrown. */
export class PeopleOf {
  readonly #view: View;
  #listed:
    | { readonly guild: string; readonly at: number; readonly people: readonly Who[] }
    | undefined;

  constructor(view: View) {
    this.#view = view;
  }

  /** Somebody's roles changed: what was listed is old. */
  forget(): void {
    this.#listed = undefined;
  }

  /** These; who is not there any more is none. */
  async named(guild: string, users: readonly string[]): Promise<readonly Who[]> {
    const { places, signal } = this.#view;
    const found: Who[] = [];
    for (const user of users) {
      const roles = await places.rolesNow(guild, user, { what, signal }).catch(this.#unlessRefused);
      if (roles !== undefined) found.push({ user, roles });
    }
    return found;
  }

  /** All; nobody where the bot may not ask. */
  async all(guild: string): Promise<readonly Who[]> {
    if (!this.#view.lists()) return [];
    const at = Date.now();
    const listed = this.#listed;
    if (listed?.guild === guild && at - listed.at < listFor) return listed.people;
    const people: Who[] = [];
    for (let page = 0, after = "0"; ; page += 1) {
      if (page === mostPages) {
        const most = mostPages * pageSize;
        const says = "Not all people of a server were looked at for what they may do now";
        this.#view.log.warn(says, { guild, most });
        break;
      }
      const list = await this.#page(guild, after);
      people.push(...list);
      const last = list.at(-1)?.user;
      if (list.length < pageSize || last === undefined || compareIds(last, after) <= 0) break;
      after = last;
    }
    this.#listed = { guild, at, people };
    return people;
  }

  async #page(guild: string, after: string): Promise<readonly Who[]> {
    const { rest, signal } = this.#view;
    const query = { limit: pageSize, after };
    const asked = { what, signal, query, patient: true };
    const answer = rest.call("GET", `/guilds/${guild}/members`, asked);
    const page = await answer.then((told) => membersIn(told, what)).catch(this.#unlessRefused);
    return (page ?? []).map(({ user, roles }) => ({ user: user.id, roles }));
  }

  readonly #unlessRefused = (error: unknown): undefined => {
    if (!(error instanceof BridgeError) || isTransient(error)) throw error;
    this.#view.log.debug(what, { why: error.message });
  };
}
