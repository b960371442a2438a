import type { Millis, NetworkId, UserId } from "../adapter/index.ts";
import { Lru } from "../flow/lru.ts";
import { MatrixError } from "../matrix/types.ts";
import type { CallClass, Homeserver, JsonObject } from "../matrix/types.ts";
import type { Portal, PortalId, Repositories } from "../store/types.ts";
import { serverOf } from "../matrix/puppets.ts";
import type { Box } from "./box.ts";
import { givenBy, keep, keptOf } from "./given.ts";
import type { Homes, Kept } from "./given.ts";
import { accountOf } from "./linked/linked.ts";
import type { By, Linked } from "./linked/linked.ts";
import { networkOf } from "./portals.ts";
import { noteLost, notePuppet, puppetScope } from "./puppet-note.ts";
import type { PuppetNote } from "./puppet-note.ts";
import { isRefusal } from "./refusal.ts";

/** After a refusal it is tried again, in milliseconds. */
const again: Millis = 300_000;

/** By which a homeserver says that a token will never be good again. */
const deadCodes = new Set(["M_UNKNOWN_TOKEN", "M_MISSING_TOKEN", "M_USER_DEACTIVATED"]);

/** One person in one room of the box. */
export interface Entering {
  readonly portal: Portal;
  readonly room: string;
  readonly person: string;
  readonly class: CallClass;
}

/**
 * Real users as whom the box speaks: people of this homeserver who are logged in or linked, and only
 * what they did themselves on a network with that account.
 */
export class Puppets {
  readonly #box: Box;
  readonly #isInNamespace: (mxid: string) => boolean;
  readonly #linked: Linked;
  readonly #present = new Lru<string, string>(20_000);
  readonly #encrypted = new Lru<string, boolean>(20_000);
  /** People whom the homeserver does not let us be, and until when that is believed. */
  readonly #refused = new Lru<string, Millis>(5000);
  /** Rooms in which a person may not speak, likewise. */
  readonly #silent = new Lru<string, Millis>(5000);
  /** People as whom something was done since the last refusal. */
  readonly #fine = new Lru<string, true>(5000);

  constructor(
    box: Box,
    {
      isInNamespace,
      linked,
    }: { readonly isInNamespace: (mxid: string) => boolean; readonly linked: Linked },
  ) {
    this.#box = box;
    this.#isInNamespace = isInNamespace;
    this.#linked = linked;
  }

  /** Which homeservers count. */
  get homes(): Homes {
    const { homeserver, settings } = this.#box;
    const { servers = {}, discovery = false } = settings.people ?? {};
    return { domain: homeserver.domain, servers, discovery };
  }

  /** As whom the box speaks for that remote person. */
  async personOf(tx: Repositories, portal: Portal, by: By | UserId): Promise<string | undefined> {
    const owner = await this.ownerOf(tx, portal, by);
    return owner !== undefined && (await this.canBe(tx, owner)) ? owner : undefined;
  }

  /** Whether the box has what it takes to act as them: the registration, or a token that they gave. */
  async canBe(tx: Repositories, mxid: string): Promise<boolean> {
    if (this.#box.settings.doublePuppet === true && this.#isLocal(mxid)) return true;
    return (await givenBy(tx, mxid, this.homes)) !== undefined;
  }

  /** Whether it is done at another homeserver than the box's. */
  isAbroad(mxid: string): boolean {
    return !this.#isLocal(mxid);
  }

  /**
   * The Matrix user whose account of that network it is: by a login, or by a proof. Nobody where the
   * network knows people by names that others can take and does not vouch for an account, or where two
   * people share the account and none is alone in the chat.
   */
  async ownerOf(tx: Repositories, portal: Portal, by: By | UserId): Promise<string | undefined> {
    const who: By = typeof by === "string" ? { sender: by } : by;
    const live = networkOf(this.#box, portal);
    if (live === undefined) return undefined;
    const { receiver } = portal.chat;
    const shared = live.settings.adapter.ids === "shared";
    const logins = shared ? await tx.logins.ofUser(portal.network, who.sender) : [];
    const owners = logins
      .filter(({ id, role }) => role === "user" && (receiver === undefined || receiver === id))
      .map(({ owner }) => owner);
    // A chat of somebody's own account is theirs: who is linked is there as their ghost.
    const holder = receiver && (live.logins.get(receiver)?.row ?? (await tx.logins.get(receiver)));
    const isTheirs = receiver !== undefined && (holder === undefined || holder.owner !== undefined);
    const account = isTheirs ? undefined : accountOf(live, who);
    if (account !== undefined) {
      const link = await this.#linked.of(tx, { network: portal.network, account });
      if (link) owners.push(link.mxid);
    }
    const [owner, ...others] = new Set(owners);
    return owner !== undefined && others.length === 0 && this.#isPerson(owner) ? owner : undefined;
  }

  /** Whether that is a person who has an account of a network here: logged in, or linked. */
  async isPuppet(tx: Repositories, mxid: string): Promise<boolean> {
    if (!this.#isPerson(mxid)) return false;
    const logins = await tx.logins.ofOwner(mxid);
    const known = logins.length > 0 || (await this.#linked.accountsOf(tx, mxid)).length > 0;
    return known && this.canBe(tx, mxid);
  }

  /**
   * Whether they can speak in the room now. Who is not in it is never brought in, but for the
   * invitation to a room that the box made for a chat that their own account is in. Nobody is made to
   * say something in clear where what they say themselves is encrypted.
   */
  async canSpeak({ portal, room, person, class: callClass }: Entering): Promise<boolean> {
    const place = placeOf(room, person);
    if (this.#isRefused(room, person)) return false;
    if (await this.#isEncrypted(room)) return false;
    const membership = await this.membership(room, person);
    if (membership !== "invite" || portal.origin !== "remote") return membership === "join";
    const { homeserver, signal } = this.#box;
    try {
      await homeserver.join(room, { class: callClass, as: person, signal });
    } catch (error) {
      if (isRefusal(error)) await this.refused({ portal, room, person, error });
      else if (error instanceof MatrixError && this.isAbroad(person)) this.#hush(room, person);
      else throw error;
      return false;
    }
    this.#present.set(place, "join");
    return true;
  }

  /** Whether they are in the room, and the homeserver lets us be them. */
  async isThere(room: string, person: string): Promise<boolean> {
    return !this.#isRefused(room, person) && (await this.membership(room, person)) === "join";
  }

  /** As the room has it; undefined: not in it, or the bot may not look. */
  async membership(room: string, person: string): Promise<string | undefined> {
    const place = placeOf(room, person);
    const known = this.#present.get(place);
    if (known !== undefined) return known;
    const state = await this.#state({ room, type: "m.room.member", key: person });
    const membership = state?.["membership"];
    const now = this.#present.get(place);
    if (now !== undefined || typeof membership !== "string") return now;
    this.#present.set(place, membership);
    return membership;
  }

  /** From a membership event that came by. */
  learn(room: string, mxid: string, membership: string): void {
    if (!this.#isPerson(mxid)) return;
    this.#present.set(placeOf(room, mxid), membership);
    if (membership === "join") this.#silent.delete(placeOf(room, mxid));
  }

  /** What is said there is encrypted from now on. */
  learnEncrypted(room: string): void {
    this.#encrypted.set(room, true);
  }

  /** Something was done as that person. */
  worked(person: string): void {
    if (this.#fine.get(person)) return;
    this.#fine.set(person, true);
    void this.#recovered(person).catch((error: unknown) =>
      this.#box.log.debug("It was not noted that a person speaks again", { why: String(error) }),
    );
  }

  /** The homeserver refused: here, or that person as a whole. Either is believed for a while only. */
  async refused({
    portal,
    room,
    person,
    error,
  }: Pick<Entering, "portal" | "room" | "person"> & {
    readonly error: MatrixError;
  }): Promise<void> {
    const { homeserver, signal, clock, log, store } = this.#box;
    this.#present.delete(placeOf(room, person));
    const kept = await keptOf(store.read, person);
    try {
      await homeserver.whoami({ class: "live", as: person, signal });
    } catch (probed) {
      if (probed instanceof MatrixError && !isRefusal(probed) && this.isAbroad(person))
        return this.#hush(room, person);
      if (!isRefusal(probed)) throw probed;
      const { errcode } = probed;
      if (kept && deadCodes.has(errcode)) {
        const { network } = portal;
        return this.#lose(kept, { person, network, code: errcode });
      }
      this.#refused.set(person, clock.now() + again);
      this.#fine.delete(person);
      const code = probed.errcode;
      log.warn(
        "The homeserver does not let the box speak as a person; a ghost does, and it is tried again",
        { person, code, why: probed.message },
      );
      await this.#tell(person, portal.network, code);
      return;
    }
    this.#hush(room, person);
    log.info("A person may not speak in a room; a ghost of theirs does for a while", {
      person,
      room,
      code: error.errcode,
    });
  }

  /** Their ghost speaks there for a while. */
  #hush(room: string, person: string): void {
    this.#silent.set(placeOf(room, person), this.#box.clock.now() + again);
  }

  /** The token that they gave is none any more: it is forgotten, and they are told, once. */
  async #lose(dead: Kept, note: PuppetNote): Promise<void> {
    const { store, log } = this.#box;
    const { person, code } = note;
    const lane = await store.commit(async (tx) => {
      if ((await keptOf(tx, person))?.token !== dead.token) return undefined;
      await keep(tx, person, undefined);
      return noteLost(this.#box, tx, note);
    });
    if (lane === undefined) return;
    log.warn("The access token that a person gave is no longer valid and is forgotten", {
      person,
      code,
    });
    this.#fine.delete(person);
    this.#box.wake(lane);
  }

  /** They gave another token, or took theirs back: what was believed of them is found out anew. */
  changed(person: string): void {
    this.#refused.delete(person);
    this.#fine.delete(person);
  }

  /** In the commit that ends an event which has no row of its own: when it comes back, it is ours. */
  async remember(tx: Repositories, portal: PortalId, event: string): Promise<void> {
    await tx.seen.add(portal, sentKey(event), this.#box.clock.now());
  }

  /** Whether `remember` was told of that event. */
  remembers(tx: Repositories, portal: PortalId, event: string): Promise<boolean> {
    return tx.seen.has(portal, sentKey(event));
  }

  #isRefused(room: string, person: string): boolean {
    const now = this.#box.clock.now();
    const silent = this.#silent.get(placeOf(room, person));
    return (this.#refused.get(person) ?? 0) > now || (silent ?? 0) > now;
  }

  async #isEncrypted(room: string): Promise<boolean> {
    const known = this.#encrypted.get(room);
    if (known !== undefined) return known;
    const state = await this.#state({ room, type: "m.room.encryption", key: "" });
    const encrypted = this.#encrypted.get(room) ?? state !== undefined;
    this.#encrypted.set(room, encrypted);
    return encrypted;
  }

  /** As the bot sees it; undefined too where it may not look. */
  async #state(at: Parameters<Homeserver["getState"]>[0]): Promise<JsonObject | undefined> {
    const { homeserver, signal } = this.#box;
    try {
      return await homeserver.getState(at, { class: "live", signal });
    } catch (error) {
      if (isRefusal(error)) return undefined;
      throw error;
    }
  }

  #isPerson(mxid: string): boolean {
    return !this.#isInNamespace(mxid);
  }

  #isLocal(mxid: string): boolean {
    return serverOf(mxid) === this.#box.homeserver.domain;
  }

  async #tell(person: string, network: NetworkId, code: string): Promise<void> {
    const { store } = this.#box;
    const lane = await store.commit((tx) => notePuppet(this.#box, tx, { person, network, code }));
    if (lane) this.#box.wake(lane);
  }

  /** The next refusal is told anew. */
  async #recovered(person: string): Promise<void> {
    const { store, log } = this.#box;
    if ((await store.read.keys.get(puppetScope, person)) === undefined) return;
    await store.commit((tx) => tx.keys.set(puppetScope, person, null, false));
    log.info("The homeserver lets the box speak as a person again", { person });
  }
}

const placeOf = (room: string, mxid: string): string => `${room} ${mxid}`;

const sentKey = (event: string): string => `puppet:${event}`;
