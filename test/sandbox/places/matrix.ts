import type { Cast } from "../cast.ts";
import type { ClientEvent } from "../homeserver/index.ts";
import { asBody, type Body, type MatrixUser } from "../client.ts";
import { domain } from "../folder.ts";
import { Refusal, type Heard, type RoomId } from "../types.ts";
import { counted } from "./place.ts";
import type { Deed, Side, Seen } from "./place.ts";
import { samplePicture } from "./sample-picture.ts";

const keptMessages = 400;

/** Matrix as Ana and Ben see it. `roomId`: which of the homeserver's rooms that is, once there is one. */
export const matrixSide = (
  { homeserver, ana, ben }: Cast,
  roomId: (room: RoomId) => string | undefined,
): Side => {
  const people = new Map([
    [ana.userId, "Ana"],
    [ben.userId, "Ben"],
  ]);
  const log = new Log(people);
  homeserver.onEvent((event) => log.take(event));
  return {
    id: "matrix",
    name: "Matrix",
    rooms: {
      lobby: { label: `#lobby:${domain}`, speakers: ["Ana", "Ben"] },
      help: { label: `#help:${domain}`, speakers: ["Ana", "Ben"] },
      bob: { label: "Bob", speakers: ["Ana"] },
    },
    can: ["say", "reply", "thread", "react", "edit", "delete", "picture"],
    do: async (deed) => {
      const room = roomId(deed.room);
      if (room === undefined)
        throw new Refusal("Not sent – this room is not on Matrix yet – wait until Ana is in it.");
      try {
        await act(deed.as === "Ben" ? ben : ana, room, deed);
      } catch (cause) {
        throw new Refusal(
          `Not sent – ${deed.as} cannot reach the homeserver – start the homeserver and send it again.`,
          { cause },
        );
      }
    },
    seen: (room) => log.of(roomId(room)),
    follow: (look) => homeserver.onEvent(() => look()),
    picture: (mxc) => homeserver.content(mxc),
  };
};

const act = async (user: MatrixUser, room: string, deed: Deed): Promise<void> => {
  const { what, text, target = "" } = deed;
  const body = { msgtype: "m.text", body: text };
  const answered = { "m.in_reply_to": { event_id: target } };
  switch (what) {
    case "say":
      return void (await user.send(room, text));
    case "reply":
      return void (await user.send(room, { ...body, "m.relates_to": answered }));
    case "thread": {
      const thread = { rel_type: "m.thread", event_id: target, is_falling_back: true };
      return void (await user.send(room, { ...body, "m.relates_to": { ...thread, ...answered } }));
    }
    case "react":
      return void (await user.react(room, target, text));
    case "edit":
      return void (await user.edit(room, target, text));
    case "delete":
      return void (await user.redact(room, target));
    case "picture": {
      const { name, type, bytes, width, height } = samplePicture();
      const url = await user.upload(bytes, type);
      const info = { mimetype: type, size: bytes.length, w: width, h: height };
      return void (await user.send(room, {
        msgtype: "m.image",
        body: text,
        filename: name,
        url,
        info,
      }));
    }
    default:
      what satisfies never;
  }
};

interface Known {
  seen: Seen;
  /** Who reacted with what, by the event that did. */
  readonly reactions: Map<string, string>;
}

/** What the homeserver shows of each room, kept current by its events. */
class Log {
  readonly #names: Map<string, string>;
  readonly #people: ReadonlySet<string>;
  readonly #rooms = new Map<string, Map<string, Known>>();

  constructor(people: ReadonlyMap<string, string>) {
    this.#names = new Map(people);
    this.#people = new Set(people.keys());
  }

  of(room: string | undefined): readonly Seen[] {
    if (room === undefined) return [];
    return [...(this.#rooms.get(room)?.values() ?? [])].map(({ seen, reactions }) =>
      reactions.size === 0 ? seen : { ...seen, reactions: counted(reactions.values()) },
    );
  }

  take(event: ClientEvent): void {
    if (event.type === "m.room.member") this.#member(event);
    if (event.type === "m.room.message") this.#message(event);
    if (event.type === "m.reaction") this.#reaction(event);
    if (event.type === "m.room.redaction") this.#redaction(event);
  }

  #member({ content, state_key: who = "" }: ClientEvent): void {
    const { displayname } = content;
    if (typeof displayname === "string" && !this.#people.has(who))
      this.#names.set(who, displayname);
  }

  #message(event: ClientEvent): void {
    const relation = asBody(event.content["m.relates_to"]);
    if (relation["rel_type"] === "m.replace") return this.#edit(event, relation);
    const { body, msgtype } = event.content;
    if (typeof body !== "string") return;
    const { sender, event_id: id } = event;
    const how: Heard["how"] = msgtype === "m.notice" ? "notice" : "bridged";
    const answered = this.#find(event.room_id, asBody(relation["m.in_reply_to"])["event_id"]);
    const known = this.#known(event.room_id);
    known.set(id, {
      seen: {
        id,
        from: this.#nameOf(event),
        text: body,
        how: this.#people.has(sender) ? "said" : how,
        at: Date.now(),
        ...(answered ? { answers: answered.seen.text } : {}),
        ...(relation["rel_type"] === "m.thread" ? { thread: true } : {}),
        ...pictureOf(event.content),
      },
      reactions: new Map(),
    });
    const [oldest] = known.keys();
    if (known.size > keptMessages && oldest !== undefined) known.delete(oldest);
  }

  #edit(event: ClientEvent, relation: Body): void {
    const known = this.#find(event.room_id, relation["event_id"]);
    const { body } = asBody(event.content["m.new_content"]);
    if (known && typeof body === "string") known.seen = { ...known.seen, text: body, edited: true };
  }

  #reaction(event: ClientEvent): void {
    const relation = asBody(event.content["m.relates_to"]);
    const known = this.#find(event.room_id, relation["event_id"]);
    const { key } = relation;
    if (typeof key === "string") known?.reactions.set(event.event_id, key);
  }

  #redaction({ room_id: room, redacts, content }: ClientEvent): void {
    const target = redacts ?? content["redacts"];
    if (typeof target !== "string") return;
    const known = this.#known(room);
    known.delete(target);
    for (const { reactions } of known.values()) reactions.delete(target);
  }

  /** The name for one message, where a bot says somebody else's words. */
  #nameOf({ sender, content }: ClientEvent): string {
    const { displayname } = asBody(content["com.beeper.per_message_profile"]);
    if (typeof displayname === "string") return displayname;
    return this.#names.get(sender) ?? sender.slice(1).split(":")[0] ?? sender;
  }

  #find(room: string, id: unknown): Known | undefined {
    return typeof id === "string" ? this.#known(room).get(id) : undefined;
  }

  #known(room: string): Map<string, Known> {
    const known = this.#rooms.get(room) ?? new Map<string, Known>();
    this.#rooms.set(room, known);
    return known;
  }
}

const pictureOf = ({ msgtype, url }: Body): Pick<Seen, "picture"> =>
  (msgtype === "m.image" || msgtype === "m.sticker") && typeof url === "string"
    ? { picture: url }
    : {};
