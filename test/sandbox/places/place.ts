import type { Heard, NetworkSide, RoomId } from "../types.ts";

/** What somebody of a network is to say. */
export interface PlaceWords {
  readonly room: RoomId;
  readonly as: string;
  readonly text: string;
}

/** A room as the people of one network see it. */
export interface PlaceRoom {
  /** What it is called there. */
  readonly label: string;
  readonly speakers: readonly string[];
  /** How the box's config names it; absent: no room of the config is bound to it. */
  readonly chat?: string;
}

/** Told of what a network's own server has. */
export interface PlaceWitness {
  heard(heard: Heard): void;
  /** On a network that keeps nothing for who is away: whether the box is in the room now. */
  relay(room: RoomId, there: boolean): void;
}

/** A network that can be taken away and brought back. */
export interface Cut {
  readonly stopped: boolean;
  stop(): Promise<void>;
  /** With its people. */
  start(): Promise<void>;
  /** What a person reads beside the button. */
  readonly says: { readonly stop: string; readonly start: string };
}

/** A network that can ask the box to wait. */
export interface Limit {
  /** The next message to it has to wait so long. */
  readonly seconds: number;
  press(): void;
}

/** One network of the sandbox: a server of its own, the people there, and what can be broken. */
export interface Place {
  readonly id: NetworkSide;
  readonly name: string;
  /** Its section of the box's config. */
  readonly section: Readonly<Record<string, unknown>>;
  readonly rooms: Readonly<Partial<Record<RoomId, PlaceRoom>>>;
  readonly cut?: Cut;
  readonly limit?: Limit;
  /**
   * Resolves once the network has it.
   * @throws Refusal when nobody can speak there now.
   */
  say(words: PlaceWords): Promise<void>;
  watch(witness: PlaceWitness): () => void;
  /** Whether the box hears what is said in the room. */
  hears(room: RoomId): boolean;
  close(): Promise<void>;
}
