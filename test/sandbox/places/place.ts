import type { DeedKind, Heard, NetworkSide, RoomId, SideId } from "../types.ts";

/** What somebody does on their own side, as their own client would. */
export interface Deed {
  readonly what: DeedKind;
  readonly room: RoomId;
  readonly as: string;
  /** What is said, or the emoji. */
  readonly text: string;
  /** The message that it is about, as `seen` names it. */
  readonly target: string | undefined;
}

/** A room as the people of one side see it. */
export interface SideRoom {
  /** What it is called there. */
  readonly label: string;
  readonly speakers: readonly string[];
}

/** A message as a side's own server has it. */
export type Seen = Omit<Heard, "side" | "room">;

/** A place where people talk: Matrix, or a network. */
export interface Side {
  readonly id: SideId;
  readonly name: string;
  readonly rooms: Readonly<Partial<Record<RoomId, SideRoom>>>;
  readonly can: readonly DeedKind[];
  /**
   * Resolves once the side's own server has it.
   * @throws Refusal when it cannot be done there now.
   */
  do(deed: Deed): Promise<void>;
  /** The messages of a room that are there now, oldest first; the last few hundred are enough. */
  seen(room: RoomId): readonly Seen[];
  /** Calls whenever something may have changed; returns the end of it. */
  follow(look: () => void): () => void;
  /** The bytes of a picture that `seen` told of. */
  picture?(id: string): { readonly bytes: Uint8Array; readonly type: string } | undefined;
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
export interface Place extends Side {
  readonly id: NetworkSide;
  /** Its section of the box's config. */
  readonly section: Readonly<Record<string, unknown>>;
  /** How the box's config names its chats, of the rooms that the config binds. */
  readonly chats: Readonly<Partial<Record<RoomId, string>>>;
  readonly cut?: Cut;
  readonly limit?: Limit;
  /** It keeps nothing for who is away: what is said then, nobody can bring. */
  readonly forgets?: boolean;
  /** Whether the box hears what is said in the room. */
  hears(room: RoomId): boolean;
  close(): Promise<void>;
}

/** A network is asked after everything that happens on it, for as long as the sandbox lives. */
const forever = 2 ** 31 - 1;

/** `Side.follow` on a server that looks again whenever something happens on it. */
export const following =
  (server: { until(look: () => boolean, ms: number): Promise<unknown> }) =>
  (look: () => void): (() => void) => {
    let ended = false;
    const again = (): boolean => {
      if (!ended) look();
      return ended;
    };
    server.until(again, forever).catch(() => undefined);
    return () => {
      ended = true;
    };
  };

/** Ids for messages of networks that have objects, not names: the same object, the same id. */
export const namer = <T extends object>(prefix: string) => {
  const ids = new WeakMap<T, string>();
  const objects = new Map<string, T>();
  return {
    idOf(object: T): string {
      const known = ids.get(object) ?? `${prefix}-${objects.size + 1}`;
      ids.set(object, known);
      objects.set(known, object);
      return known;
    },
    of: (id: string | undefined): T | undefined => (id === undefined ? undefined : objects.get(id)),
  };
};

/** How often each emoji stands there. */
export const counted = (emoji: Iterable<string>): NonNullable<Seen["reactions"]> =>
  [...Map.groupBy(emoji, (one) => one)].map(([one, all]) => ({ emoji: one, count: all.length }));
