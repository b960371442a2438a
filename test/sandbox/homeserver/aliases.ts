import type { Accounts, Requester } from "./accounts.ts";
import type { Appservices } from "./appservices.ts";
import { powerOf } from "./auth-rules.ts";
import { ApiError, badRequest, forbidden, notFound } from "./errors.ts";
import type { Room } from "./room.ts";
import type { Rooms } from "./rooms.ts";

/** Asks the appservice that claims an unknown alias to make the room; true when it says it did. */
export type AliasQuery = (alias: string) => Promise<boolean>;

/** Room aliases of this server. */
export class Aliases {
  readonly #rooms: Rooms;
  readonly #appservices: Appservices;
  readonly #accounts: Accounts;
  readonly #rows = new Map<string, { room: Room; creator: string }>();
  #query: AliasQuery = () => Promise.resolve(false);

  constructor(world: { rooms: Rooms; appservices: Appservices; accounts: Accounts }) {
    this.#rooms = world.rooms;
    this.#appservices = world.appservices;
    this.#accounts = world.accounts;
  }

  /** Connects the appservices' alias queries, which are made on the first look for an unknown alias. */
  answerWith(query: AliasQuery): void {
    this.#query = query;
  }

  /** Whether a known alias leads to this room; nobody is asked. */
  leadsTo(alias: string, room: Room): boolean {
    return this.#rows.get(alias)?.room === room;
  }

  has(alias: string): boolean {
    return this.#rows.has(alias);
  }

  /** The room of an alias; the appservice that claims an unknown one is asked first. */
  async resolve(alias: string): Promise<Room> {
    const known = this.#rows.get(alias);
    if (known) return known.room;
    const made = (await this.#query(alias)) ? this.#rows.get(alias) : undefined;
    if (!made) throw notFound(`Room alias ${alias} not found`);
    return made.room;
  }

  /** Throws M_EXCLUSIVE or M_INVALID_PARAM when this requester may not make the alias. */
  assertMayCreate(requester: Requester, alias: string): void {
    const isOurs = /^#[^:\s]+:/.test(alias) && this.#accounts.isLocal(`@${alias.slice(1)}`);
    if (!isOurs) throw badRequest("M_INVALID_PARAM", "Room alias must be local");
    if (requester.appservice && !requester.appservice.claims("aliases", alias)) {
      throw badRequest(
        "M_EXCLUSIVE",
        "This application service has not reserved this kind of alias.",
      );
    }
    const owner = this.#appservices.exclusiveOwner("aliases", alias);
    if (owner && owner !== requester.appservice) {
      throw badRequest("M_EXCLUSIVE", "This alias is reserved by an application service.");
    }
  }

  /** Gives a room an alias. */
  create(requester: Requester, alias: string, roomId: string): void {
    this.assertMayCreate(requester, alias);
    const room = this.#rooms.find(roomId);
    if (!room) throw badRequest("M_BAD_JSON", "Room does not exist");
    if (!requester.appservice && !room.joined.has(requester.userId)) {
      throw forbidden("You must be in the room to create an alias for it");
    }
    if (this.#rows.has(alias)) {
      throw new ApiError(409, {
        errcode: "M_UNKNOWN",
        error: `Room alias ${alias} already exists`,
      });
    }
    this.#rows.set(alias, { room, creator: requester.userId });
    room.aliases.add(alias);
  }

  /** Removes an alias: for who made it, who may set the canonical alias, or the appservice that owns it. */
  delete(requester: Requester, alias: string): void {
    const row = this.#rows.get(alias);
    if (!row) throw notFound("Room alias not found");
    const isOwner = requester.appservice?.claims("aliases", alias) ?? false;
    const mayAnyway = row.creator === requester.userId || powerOf(row.room, requester.userId) >= 50;
    if (!isOwner && !mayAnyway) throw forbidden("You don't have permission to delete the alias.");
    this.#rows.delete(alias);
    row.room.aliases.delete(alias);
  }
}
