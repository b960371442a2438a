import type { ChatRef, Member, RemoteEvent, Role } from "@bridgebox/core/adapter";
import { patient } from "./api/patient.ts";
import { asObject, textIn, type Wire } from "./api/shapes.ts";
import type { Asking, Call } from "./api/web.ts";
import { isDirect, isPerson, userOf } from "./ids.ts";
import { pagesOf } from "./pages.ts";

const what = "It was not looked up who are the owners and admins of the workspace";
/** So many pages of people are looked through, with 200 in each. */
const mostPages = 50;
const pageSize = 200;
const mostAbove = 5000;
/** A list is old after that long, and so is what was told of somebody; in milliseconds. */
const goodFor = 3_600_000;
const mostTold = 5000;

/** As what somebody is in the whole workspace, where Slack says it. */
export const roleOf = (user: Wire): Role => {
  if (user["is_owner"] === true || user["is_primary_owner"] === true) return "owner";
  return user["is_admin"] === true ? "admin" : "member";
};

/** Who owns and who manages a workspace. All others are members, as far as all were looked through. */
export class Ranks {
  readonly #above = new Map<string, Role>();
  /** As what people were told to be, by conversation and person, and when. */
  readonly #told = new Map<string, { readonly role: Role; readonly at: number }>();
  #listed: { readonly at: number; readonly whole: boolean } | undefined;
  #listing: Promise<void> | undefined;

  /** What somebody is; nothing where it is not known. */
  of(user: string): Role | undefined {
    return this.#above.get(user) ?? (this.#listed?.whole === true ? "member" : undefined);
  }

  /** What Slack says of somebody: what they are now, where that is something else than was known. */
  learn(user: Wire): Role | undefined {
    const id = textIn(user, "id");
    if (id === undefined || !isPerson(id)) return undefined;
    const before = this.of(id);
    const role = roleOf(user);
    if (role === "member") this.#above.delete(id);
    else if (this.#above.size < mostAbove) this.#above.set(id, role);
    return role === before || (role === "member" && before === undefined) ? undefined : role;
  }

  /** Looks all through, unless that was done lately; for all who ask at once, by the first of them who can. */
  async list(call: Call, signal: AbortSignal): Promise<void> {
    for (let others = this.#listing; others !== undefined; others = this.#listing) {
      await others.catch(() => undefined);
      signal.throwIfAborted();
    }
    if (this.#listed && Date.now() - this.#listed.at < goodFor) return;
    this.#listing = this.#read(call, { what, signal }).finally(() => {
      this.#listing = undefined;
    });
    await this.#listing;
  }

  async #read(call: Call, asking: Asking): Promise<void> {
    const at = Date.now();
    const list = { method: "users.list", args: { limit: pageSize }, key: "members" };
    let pages = 0;
    let whole = true;
    for await (const page of pagesOf(patient(call), list, asking)) {
      for (const each of page) this.learn(asObject(each) ?? {});
      pages += 1;
      if (pages < mostPages) continue;
      whole = false;
      break;
    }
    this.#listed = { at, whole };
  }

  /** Who speaks in a conversation of many has their level there, told once in a while. */
  spoke(chat: ChatRef, user: string): readonly RemoteEvent[] {
    const role = isDirect(chat.id) || !isPerson(user) ? undefined : this.of(user);
    if (role === undefined) return [];
    const key = `${chat.id} ${user}`;
    const before = this.#told.get(key);
    if (before?.role === role && Date.now() - before.at < goodFor) return [];
    return this.tell([chat], user, role);
  }

  tell(chats: readonly ChatRef[], user: string, role: Role): readonly RemoteEvent[] {
    const at = Date.now();
    const list: Member[] = [{ user: userOf(user), state: "join", role }];
    return chats.map((chat) => {
      const key = `${chat.id} ${user}`;
      this.#told.delete(key);
      this.#told.set(key, { role, at });
      const [oldest] = this.#told.keys();
      if (this.#told.size > mostTold && oldest !== undefined) this.#told.delete(oldest);
      return { kind: "members", chat, at, list, complete: false };
    });
  }
}
