import { setTimeout as sleep } from "node:timers/promises";
import type { Cast } from "./cast.ts";
import { domain } from "./folder.ts";
import type { Links } from "./links.ts";
import type { Place } from "./places/place.ts";
import type { Rooms } from "./rooms.ts";
import type { Heard, RoomId, SideId } from "./types.ts";
import type { Absence } from "./verdict.ts";

export interface PresenceParts {
  readonly cast: Cast;
  readonly links: Links;
  readonly rooms: Rooms;
  readonly homeserverStopped: () => boolean;
}

const patienceMs = 15_000;
const lookAgainMs = 50;
/** Between being on all sides and having tied them together, which nobody outside can see. */
const bindingMs = 500;
const keptAbsences = 100;

/** Where the box is: which rooms it has entered, and when it was not there to hear. */
export class Presence {
  readonly #parts: PresenceParts;
  readonly #rooms: Map<RoomId, string>;
  readonly #entered = new Set<RoomId>();
  readonly #seemsSince = new Map<RoomId, number>();
  readonly #early = new Set<string>();
  #absences: Absence[] = [];
  #calmSince: number | undefined;

  constructor(parts: PresenceParts) {
    this.#parts = parts;
    const { lobby, help } = parts.cast.matrixRooms;
    this.#rooms = new Map([
      ["lobby", lobby],
      ["help", help],
    ]);
  }

  get matrixRooms(): ReadonlyMap<RoomId, string> {
    return this.#rooms;
  }

  get absences(): readonly Absence[] {
    return this.#absences;
  }

  /** Messages that were said before the box had entered their room. */
  get early(): ReadonlySet<string> {
    return this.#early;
  }

  roomOf(matrixRoom: string): RoomId | undefined {
    return [...this.#rooms].find(([, id]) => id === matrixRoom)?.[0];
  }

  /** A room that the box made. */
  opened(room: RoomId, matrixRoom: string): void {
    this.#rooms.set(room, matrixRoom);
    this.#entered.add(room);
  }

  /** The relay client came into a channel, or left it. */
  relay(room: RoomId, there: boolean): void {
    const now = Date.now();
    if (there) {
      this.#absences = this.#absences.map((absence) =>
        absence.room === room && absence.to === undefined ? { ...absence, to: now } : absence,
      );
    } else {
      this.#absences = [...this.#absences, { room, from: now, to: undefined }].slice(-keptAbsences);
    }
  }

  /** Somebody said something. */
  note({ room, id }: Heard): void {
    if (this.#rooms.has(room) && !this.has(room)) this.#early.add(id);
  }

  /** Whether the box has entered the room on every side, once. */
  has(room: RoomId): boolean {
    if (this.#entered.has(room)) return true;
    const { homeserver } = this.#parts.cast;
    const matrixRoom = this.#rooms.get(room);
    const inRoom =
      matrixRoom !== undefined &&
      homeserver.room(matrixRoom).joined.includes(`@bridgebox:${domain}`);
    const heard = this.#placesOf(room).every((place) => place.hears(room));
    if (!inRoom || !heard) return false;
    const since = this.#seemsSince.get(room) ?? Date.now();
    this.#seemsSince.set(room, since);
    if (Date.now() - since < bindingMs) return false;
    this.#entered.add(room);
    return true;
  }

  /** Resolves when the box has entered the room, and at last when it seems that it never will. */
  async entered(room: RoomId): Promise<void> {
    const end = Date.now() + patienceMs;
    const hopeful = (): boolean => !this.#parts.links.broken && Date.now() < end;
    while (!this.has(room) && hopeful()) await sleep(lookAgainMs);
  }

  /** Whether that side can be spoken on, and the box can hear it. */
  able(side: SideId): boolean {
    if (!this.has("lobby")) return false;
    if (side === "matrix") return !this.#parts.homeserverStopped();
    return this.#placesOf("lobby").some((place) => place.id === side && place.hears("lobby"));
  }

  #placesOf(room: RoomId): readonly Place[] {
    return this.#parts.cast.places.all.filter((place) => place.chats[room] !== undefined);
  }

  /** Since when everything is connected, nothing is queued and nothing has changed. */
  calm(changedAt: number): number | undefined {
    const { links, homeserverStopped, cast } = this.#parts;
    const places = cast.places.all;
    const calm =
      links.reachable &&
      !homeserverStopped() &&
      places.every(({ cut }) => cut?.stopped !== true) &&
      places.every(({ id }) => links.network(id).state === "connected") &&
      (["matrix", ...places.map(({ id }) => id)] as const).every(
        (side) => links.queue(side) === 0,
      ) &&
      cast.homeserver.outbox().waiting === 0;
    if (!calm) this.#calmSince = undefined;
    else this.#calmSince ??= Date.now();
    return this.#calmSince === undefined ? undefined : Math.max(this.#calmSince, changedAt);
  }
}
