import { createHash } from "node:crypto";
import type { ChatRef, MediaRef, Part, RichText, Target, UserId } from "../../adapter/index.ts";
import type { JsonObject } from "../../matrix/types.ts";
import { every, fromPlain, mentions, toHtml } from "../../richtext/index.ts";
import type { Pill } from "../../richtext/index.ts";
import type { Portal } from "../../store/types.ts";
import { pictureOf } from "../media/pictures.ts";
import { mayCallRoom } from "../notify-power.ts";
import { networkOf } from "../portals.ts";
import type { Works } from "../works.ts";
import { contactText } from "./contact.ts";
import { placeContent } from "./place.ts";
import { pollStart, pollTypes } from "./poll.ts";

/** Who a mention in a remote text is on this homeserver. */
interface Mentioned {
  readonly mxid: string;
  /** A person with a login, who is really to be notified. */
  readonly person: boolean;
}

/** An event that shows one part of a remote message, and what tells a true edit from a repetition. */
export interface PartShown {
  readonly type: string;
  readonly content: JsonObject;
  readonly hash: string;
}

/** `as`: who shows it, where what they say may call the whole room. */
export const contentOf = async (
  works: Works,
  portal: Portal,
  part: Part,
  as?: string,
  signal: AbortSignal = works.box.signal,
): Promise<PartShown> => {
  if (part.kind === "poll") return hashed(pollTypes.start, pollStart(part));
  if (part.kind === "location") return hashed("m.room.message", placeContent(part));
  const text = textOf(part);
  const known = await mentioned(works, portal, mentions(text));
  const rooms = await roomsOf(works, portal, text);
  const pictures = await picturesIn(works, portal, { text, signal });
  const { body, html } = toHtml(text, {
    user: (id, shown) => {
      const who = known.get(id);
      return who && { href: linkTo(who.mxid), text: shown };
    },
    chat: (ref, shown) => {
      const room = rooms.get(keyOf(ref));
      return room && { ...room, text: shown };
    },
    emoji: ({ locator }) => pictures.get(JSON.stringify(locator)),
  });
  const people = [...known.values()].filter((who) => who.person).map((who) => who.mxid);
  const room = as !== undefined && callsRoom(text) && (await mayCall(works, portal, as));
  const content = {
    msgtype: messageType(part),
    body,
    ...(html === undefined ? {} : { format: "org.matrix.custom.html", formatted_body: html }),
    ...notify({ people, room, named: known.size > 0, body }),
  };
  return { type: "m.room.message", content, hash: hashOf(`${body}\0${html ?? ""}`) };
};

const hashOf = (text: string): string => createHash("sha256").update(text).digest("base64url");

const hashed = (type: string, content: JsonObject): PartShown => ({
  type,
  content,
  hash: hashOf(JSON.stringify(content)),
});

const linkTo = (target: string): string => `https://matrix.to/#/${encodeURIComponent(target)}`;

const callsRoom = (text: RichText): boolean =>
  [...every(text)].some((it) => it.t === "everyone" && it.allowed);

const mayCall = async (works: Works, { room }: Portal, user: string): Promise<boolean> =>
  room !== undefined && mayCallRoom(works, room, { user });

/**
 * Who is notified (MSC3952). Where somebody is named, only those people are; "@room" from outside is
 * nobody, but where its network let the sender call everybody and the room lets their ghost. A text that
 * names nobody says nothing of it, so that clients may still find their user's name in it: without a
 * login here, that is all that people there can write.
 */
const notify = (said: {
  readonly people: readonly string[];
  readonly room: boolean;
  readonly named: boolean;
  readonly body: string;
}): JsonObject => {
  const { people, room, named, body } = said;
  const called = {
    ...(people.length > 0 ? { user_ids: people } : {}),
    ...(room ? { room } : {}),
  };
  const silent = named || body.includes("@room");
  return people.length > 0 || room || silent ? { "m.mentions": called } : {};
};

const messageType = (part: Part): string => {
  if (part.kind !== "text") return "m.notice";
  if (part.tone === "notice") return "m.notice";
  return part.tone === "action" ? "m.emote" : "m.text";
};

/** Every part as text: what this box cannot show is named, never swallowed. */
const textOf = (part: Exclude<Part, { kind: "poll" | "location" }>): RichText => {
  switch (part.kind) {
    case "text":
      return part.text;
    case "unsupported":
      return part.link === undefined
        ? part.text
        : [
            ...part.text,
            {
              t: "para",
              of: [{ t: "link", url: part.link, of: [{ t: "text", text: part.link }] }],
            },
          ];
    case "media":
      return [
        ...fromPlain(`[${part.as}${part.media.name ? `: ${part.media.name}` : ""}]`),
        ...(part.caption ?? []),
      ];
    case "contact":
      return contactText(part);
    default:
      return part satisfies never;
  }
};

const mentioned = async (
  works: Works,
  portal: Portal,
  ids: readonly UserId[],
): Promise<ReadonlyMap<UserId, Mentioned>> => {
  const known = new Map<UserId, Mentioned>();
  const logins = [...(networkOf(works.box, portal)?.logins.values() ?? [])];
  for (const id of ids) {
    const owner = logins.find((login) => login.row.user === id)?.row.owner;
    const mxid = owner ?? (await works.ghosts.get(portal.network, id)).mxid;
    known.set(id, { mxid, person: owner !== undefined });
  }
  return known;
};

const keyOf = ({ id, receiver }: ChatRef): string => JSON.stringify([id, receiver ?? null]);

/** The rooms of chats that are named, where they are bridged. */
const roomsOf = async (
  works: Works,
  portal: Portal,
  text: RichText,
): Promise<ReadonlyMap<string, Pick<Pill, "href">>> => {
  const found = new Map<string, Pick<Pill, "href">>();
  for (const it of every(text)) {
    if (it.t !== "chat" || found.has(keyOf(it.ref))) continue;
    const named = await works.portals.find(portal.network, it.ref);
    if (named?.room === undefined || named.dead) continue;
    const via = `?via=${encodeURIComponent(works.box.homeserver.domain)}`;
    found.set(keyOf(it.ref), { href: linkTo(named.room) + via });
  }
  return found;
};

/** Pictures that are brought here for one text; further ones are shown by their names. */
const mostPictures = 10;

const picturesIn = async (
  works: Works,
  portal: Portal,
  { text, signal }: { text: RichText; signal: AbortSignal },
): Promise<ReadonlyMap<string, string>> => {
  const found = new Map<string, string>();
  const asked = new Map<string, MediaRef>();
  for (const it of every(text))
    if (it.t === "emoji" && asked.size < mostPictures)
      asked.set(JSON.stringify(it.media.locator), it.media);
  for (const [locator, ref] of asked) {
    const mxc = await pictureOf(works, portal, { ref, signal });
    if (mxc !== undefined) found.set(locator, mxc);
  }
  return found;
};

/** As much of what was said elsewhere as a quote shows. */
const longestExcerpt = 300;

/** What is answered and not in this room, as words before the answer. */
export const quoted = (part: Part, { excerpt, senderName }: Target): Part => {
  if (excerpt === undefined || (part.kind !== "text" && part.kind !== "media")) return part;
  const who = senderName === undefined ? "" : `${senderName}: `;
  const said = excerpt.slice(0, longestExcerpt);
  const quote: RichText = [{ t: "quote", of: fromPlain(`${who}${said}`) }];
  return part.kind === "text"
    ? { ...part, text: [...quote, ...part.text] }
    : { ...part, caption: [...quote, ...(part.caption ?? [])] };
};
