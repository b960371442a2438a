export interface VigilEvents {
  /** It has been silent for a while: it should be asked whether it lives. */
  ask(): void;
  /** It does not. */
  dead(why: Error): void;
}

/** How many times the silence after which it is asked passes until it counts as dead. */
const patience = 1.5;

/** Watches whether a server still speaks. */
export class Vigil {
  readonly #events: VigilEvents;
  #heardAt = Date.now();
  #paused = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(events: VigilEvents) {
    this.#events = events;
  }

  /** When the server was last heard. */
  get heardAt(): number {
    return this.#heardAt;
  }

  heard(): void {
    this.#heardAt = Date.now();
  }

  /** It is not read, so that it says nothing proves nothing. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.heard();
  }

  /** Something has to be done by then, whatever is said meanwhile. */
  limit(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#events.dead(this.#late()), ms);
  }

  /** After so long a silence it is asked, after half as much again it counts as dead. */
  watch(ms: number): void {
    this.#lookIn(ms, ms);
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  #lookIn(pause: number, ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(ms), pause);
  }

  #look(ms: number): void {
    const idle = this.#idle();
    if (idle >= patience * ms - 5) return this.#events.dead(this.#late());
    if (idle < ms - 5) return this.#lookIn(ms - idle, ms);
    this.#events.ask();
    this.#lookIn(patience * ms - idle, ms);
  }

  #idle(): number {
    return this.#paused ? 0 : Date.now() - this.#heardAt;
  }

  #late(): Error {
    return new Error(`it was silent for ${Math.round(this.#idle() / 1000)} s`);
  }
}
