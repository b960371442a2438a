import { createHash } from "node:crypto";
import type { Part, RichText, Target, UserId } from "../../adapter/index.ts";
import type { JsonObject } from "../../matrix/types.ts";
import { fromPlain, mentions, toHtml } from "../../richtext/index.ts";
import type { Portal } from "../../store/types.ts";
import { networkOf } from "../portals.ts";
import type { Works } from "../works.ts";

/** Who a mention in a remote text is on this homeserver. */
interface Mentioned {
  readonly mxid: string;
  /** A person with a login, who is really to be notified. */
  readonly person: boolean;
}

/** The content of an event that shows one part of a remote message. */
export const contentOf = async (
  works: Works,
  portal: Portal,
  part: Part,
): Promise<{ readonly content: JsonObject; readonly hash: string }> => {
  const text = textOf(part);
  const known = await mentioned(works, portal, mentions(text));
  const { body, html } = toHtml(text, {
    user: (id, shown) => {
      const who = known.get(id);
      return who && { href: `https://matrix.to/#/${encodeURIComponent(who.mxid)}`, text: shown };
    },
  });
  const people = [...known.values()].filter((who) => who.person).map((who) => who.mxid);
  const content = {
    msgtype: messageType(part),
    body,
    ...(html === undefined ? {} : { format: "org.matrix.custom.html", formatted_body: html }),
    ...notify({ people, named: known.size > 0, body }),
  };
  return {
    content,
    hash: createHash("sha256")
      .update(`${body}\0${html ?? ""}`)
      .digest("base64url"),
  };
};

/**
 * Who is notified (MSC3952). Where somebody is named, only those people are, and "@room" from outside
 * is nobody. A text that names nobody says nothing of it, so that clients may still find their user's
 * name in it: without a login here, that is all that people there can write.
 */
const notify = (said: {
  readonly people: readonly string[];
  readonly named: boolean;
  readonly body: string;
}): JsonObject => {
  if (said.people.length > 0) return { "m.mentions": { user_ids: said.people } };
  return said.named || said.body.includes("@room") ? { "m.mentions": {} } : {};
};

const messageType = (part: Part): string => {
  if (part.kind !== "text") return "m.notice";
  if (part.tone === "notice") return "m.notice";
  return part.tone === "action" ? "m.emote" : "m.text";
};

/** Every part as text: what this box cannot show yet is named, never swallowed. */
const textOf = (part: Part): RichText => {
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
    case "location":
      return fromPlain(`${part.name ?? "Location"}: geo:${part.lat},${part.lon}`);
    case "contact":
      return fromPlain(`Contact: ${part.name}`);
    case "poll":
      return fromPlain(
        [`Poll: ${part.question}`, ...part.options.map((o) => `• ${o.text}`)].join("\n"),
      );
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

/** A reply's relation, or the quote that stands for it where the target is not in this room. */
export const withReply = async (
  works: Works,
  portal: Portal,
  { part, replyTo }: { part: Part; replyTo: Target | undefined },
): Promise<{ readonly part: Part; readonly relation: JsonObject }> => {
  if (replyTo === undefined) return { part, relation: {} };
  const rows =
    replyTo.id === undefined
      ? []
      : await works.box.store.read.messages.byRemote(portal.id, replyTo.id);
  const row = rows.find((one) => one.part === replyTo.part) ?? rows[0];
  if (row && row.room === portal.room)
    return { part, relation: { "m.relates_to": { "m.in_reply_to": { event_id: row.event } } } };
  return { part: quoted(part, replyTo), relation: {} };
};

const quoted = (part: Part, { excerpt, senderName }: Target): Part => {
  if (excerpt === undefined || part.kind !== "text") return part;
  const who = senderName === undefined ? "" : `${senderName}: `;
  return { ...part, text: [{ t: "quote", of: fromPlain(`${who}${excerpt}`) }, ...part.text] };
};
