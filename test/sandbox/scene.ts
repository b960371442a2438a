import type { BoxOutcome } from "./box-status.ts";
import { Ledger } from "./checker.ts";
import { fateOf } from "./fates.ts";
import type { Hub } from "./hub.ts";
import type { Rooms } from "./rooms.ts";
import type { Counts, Fate, Heard, Line, News, RoomId, SideId } from "./types.ts";

const keptLines = 120;
const keptOutcomes = 5000;

interface Message {
  readonly heard: Heard;
  readonly room: RoomId;
  /** Its event on Matrix, once there is one. */
  event: string | undefined;
  readonly arrived: Set<SideId>;
  excuse: string | undefined;
  lost: boolean;
}

/** A message that is not everywhere yet. */
export interface Open {
  readonly id: string;
  readonly side: SideId;
  readonly room: RoomId;
  readonly at: number;
  /** The box said that it failed, or that nobody can know, of each place where it is missing. */
  readonly told: boolean;
}

/** Everything that was said and seen, and what became of it: the memory behind the page. */
export class Scene {
  readonly #hub: Hub;
  readonly #rooms: Pick<Rooms, "sidesOf">;
  readonly #ledgers = new Map<RoomId, Ledger>();
  readonly #lines = new Map<string, Line[]>();
  readonly #messages = new Map<string, Message>();
  readonly #byEvent = new Map<string, Message>();
  readonly #outcomes = new Map<string, Map<string, BoxOutcome>>();
  #number = 0;
  #excused = 0;
  #changedAt = Date.now();

  constructor(hub: Hub, rooms: Pick<Rooms, "sidesOf">) {
    this.#hub = hub;
    this.#rooms = rooms;
  }

  /** When something was last said or last arrived. */
  get changedAt(): number {
    return this.#changedAt;
  }

  /** Takes what a side's own server has. */
  hear(heard: Heard): void {
    this.#changedAt = Date.now();
    this.#number += 1;
    const line: Line = { ...heard, number: this.#number };
    const lines = this.#linesOf(heard);
    lines.push(line);
    if (lines.length > keptLines) lines.shift();
    this.#hub.tell({ what: "line", line });
    if (heard.how === "said") this.#say(heard);
    if (heard.how === "bridged") this.#arrive(heard);
    this.#hub.stateChanged();
  }

  /** A message is not as it was. Changed or deleted on its way, nobody can say what has to arrive. */
  change(heard: Heard): void {
    const lines = this.#linesOf(heard);
    const at = lines.findIndex(({ id }) => id === heard.id);
    const old = lines[at];
    if (old === undefined) return;
    const line = { ...heard, number: old.number };
    lines[at] = line;
    this.#hub.tell({ what: "changed", line });
    if (heard.text === old.text && heard.gone !== true) return;
    this.#changedAt = Date.now();
    const message = this.#messages.get(heard.id);
    if (message === undefined) return;
    this.#ledger(heard.room).withdraw(heard.id);
    this.#hub.stateChanged();
  }

  /** Takes what the box says of an event. */
  outcome(outcome: BoxOutcome): void {
    const known = this.#outcomes.get(outcome.origin) ?? new Map<string, BoxOutcome>();
    known.set(outcome.network, outcome);
    this.#outcomes.delete(outcome.origin);
    this.#outcomes.set(outcome.origin, known);
    const [oldest] = this.#outcomes.keys();
    if (this.#outcomes.size > keptOutcomes && oldest !== undefined) this.#outcomes.delete(oldest);
    const message = this.#byEvent.get(outcome.origin);
    if (message) this.#tellFates(message);
    this.#hub.stateChanged();
  }

  /** What is not everywhere yet. */
  open(): readonly Open[] {
    const ids = new Set(
      [...this.#ledgers.values()].flatMap((ledger) => ledger.report().missing.map(({ id }) => id)),
    );
    return [...ids].flatMap((id) => {
      const message = this.#messages.get(id);
      if (!message) return [];
      const { side, room, at } = message.heard;
      const missing = this.#fates(message).filter(({ state }) => state !== "sent");
      const told = missing.every(({ state }) => state === "failed" || state === "unsure");
      return [{ id, side, room, at, told: told && missing.length > 0 }];
    });
  }

  /** Where nothing more is to come: nobody could have carried it, so it does not count. */
  excuse(id: string, why: string): void {
    const message = this.#messages.get(id);
    if (!message) return;
    message.excuse = why;
    this.#excused += 1;
    this.#ledgers.get(message.room)?.withdraw(id);
    this.#tellFates(message);
    this.#hub.stateChanged();
  }

  /** Where nothing more is to come, and nobody said why. */
  giveUp(id: string): void {
    const message = this.#messages.get(id);
    if (!message || message.lost) return;
    message.lost = true;
    this.#hub.stateChanged();
  }

  /** How much is still missing on a side. */
  missing(side: SideId): number {
    return [...this.#ledgers.values()].reduce(
      (sum, ledger) => sum + ledger.report().missing.filter(({ to }) => to === side).length,
      0,
    );
  }

  counts(): Counts {
    const reports = [...this.#ledgers.values()].map((ledger) => ledger.report());
    const sum = (of: (report: (typeof reports)[number]) => number): number =>
      reports.reduce((total, report) => total + of(report), 0);
    const open = this.open();
    const lost = open.filter(({ id, told }) => !told && this.#messages.get(id)?.lost).length;
    const told = open.filter((it) => it.told).length;
    return {
      in: sum(({ sent }) => sent),
      out: sum(({ arrived }) => arrived),
      lost,
      doubled: sum(({ doubled }) => doubled.length),
      told,
      underway: open.length - lost - told,
      unheard: this.#excused,
    };
  }

  /** Of the messages with that mark: how many there are, are everywhere, and have no end yet. */
  marked(mark: string): { readonly said: number; readonly arrived: number; readonly open: number } {
    const all = [...this.#messages.values()].filter(({ heard }) => heard.text.endsWith(mark));
    const open = new Map(this.open().map((it) => [it.id, it.told]));
    return {
      said: all.length,
      arrived: all.filter(({ heard, excuse }) => !open.has(heard.id) && excuse === undefined)
        .length,
      open: all.filter(({ heard, lost }) => open.get(heard.id) === false && !lost).length,
    };
  }

  /** Whether a side has this text, whatever its speaker was told. */
  knows(text: string): boolean {
    return [...this.#messages.values()].some(({ heard }) => heard.text === text);
  }

  /** What a page that comes now has to know. */
  all(): readonly News[] {
    const lines = [...this.#lines.values()].flat().toSorted((a, b) => a.number - b.number);
    return [
      ...lines.map((line) => ({ what: "line", line }) as const),
      ...lines.flatMap(({ id }) => {
        const message = this.#messages.get(id);
        return message ? [{ what: "fates", id, fates: this.#fates(message) } as const] : [];
      }),
    ];
  }

  #say(heard: Heard): void {
    const event = heard.side === "matrix" ? heard.id : undefined;
    const { room } = heard;
    const arrived = new Set<SideId>();
    const message = { heard, room, event, arrived, excuse: undefined, lost: false };
    this.#messages.set(heard.id, message);
    if (event !== undefined) this.#byEvent.set(event, message);
    this.#ledger(room).said(heard.side, heard.id, heard.text);
    this.#tellFates(message);
  }

  #arrive(heard: Heard): void {
    const delivery = this.#ledger(heard.room).arrived(heard.side, heard.text);
    const message = delivery && this.#messages.get(delivery.id);
    if (!message) return;
    message.arrived.add(heard.side);
    if (heard.side === "matrix" && message.event === undefined) {
      message.event = heard.id;
      this.#byEvent.set(heard.id, message);
    }
    this.#tellFates(message);
  }

  #tellFates(message: Message): void {
    this.#hub.tell({ what: "fates", id: message.heard.id, fates: this.#fates(message) });
  }

  #fates({ heard, room, event, arrived, excuse }: Message): readonly Fate[] {
    const outcomes = event === undefined ? undefined : this.#outcomes.get(event);
    return this.#rooms
      .sidesOf(room)
      .filter((to) => to !== heard.side)
      .map((to) => fateOf({ to, arrived: arrived.has(to), outcome: outcomes?.get(to), excuse }));
  }

  #ledger(room: RoomId): Ledger {
    const known = this.#ledgers.get(room) ?? new Ledger(this.#rooms.sidesOf(room));
    this.#ledgers.set(room, known);
    return known;
  }

  #linesOf({ room, side }: Heard): Line[] {
    const key = `${room} ${side}`;
    const known = this.#lines.get(key) ?? [];
    this.#lines.set(key, known);
    return known;
  }
}
