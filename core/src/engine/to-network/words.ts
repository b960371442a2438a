import type { ChatRef, Inline, Json, RichText } from "../../adapter/index.ts";
import type { JsonObject, MatrixEvent } from "../../matrix/types.ts";
import { fromHtml, fromPlain, linkTarget, substitute } from "../../richtext/index.ts";
import type { Portal } from "../../store/types.ts";
import { mayCallRoom } from "../notify-power.ts";
import { networkOf } from "../portals.ts";
import type { Works } from "../works.ts";

const text = (value: Json | undefined): string | undefined =>
  typeof value === "string" ? value : undefined;

/** The formatted body if there is one, with pills turned into people and chats of this network. */
export const richText = async (
  works: Works,
  portal: Portal,
  { event, body }: { event: MatrixEvent; body: JsonObject },
): Promise<RichText> => {
  const written = await marks(works, portal, body);
  if (!callsRoom(body)) return written;
  const allowed = await mayCallRoom(works, event.room_id, { user: event.sender });
  return allowed ? substitute(written, "@room", { t: "everyone", scope: "all", allowed }) : written;
};

/** By its list of mentions (MSC3952); old clients have none, and the word alone calls. */
const callsRoom = (body: JsonObject): boolean => {
  const mentions = body["m.mentions"];
  if (mentions !== null && typeof mentions === "object" && !Array.isArray(mentions))
    return "room" in mentions && mentions["room"] === true;
  return text(body["body"])?.includes("@room") === true;
};

const marks = async (works: Works, portal: Portal, body: JsonObject): Promise<RichText> => {
  const plain = withoutFallback(text(body["body"]) ?? "");
  const html = text(body["formatted_body"]);
  if (html === undefined || body["format"] !== "org.matrix.custom.html") return fromPlain(plain);
  const known = await pills(works, portal, html);
  return fromHtml(html, {
    pill: (target, shown) => known.get(target) ?? { t: "text", text: shown },
    emoji: (mxc, name) => ({ t: "emoji", name, media: { locator: { mxc }, name } }),
  });
};

/** The quoted lines that old clients put before a reply. */
export const withoutFallback = (body: string): string => {
  const lines = body.split("\n");
  const first = lines.findIndex((line) => !line.startsWith("> "));
  return first > 0 && lines[first] === "" ? lines.slice(first + 1).join("\n") : body;
};

const pillLink = /(?:https:\/\/matrix\.to\/#\/|matrix:(?:u|r|roomid)\/)[^"'<>\s]+/gi;
/** Names of rooms that are looked up for one message. */
const mostLookups = 10;

const pills = async (
  works: Works,
  portal: Portal,
  html: string,
): Promise<ReadonlyMap<string, Inline>> => {
  const found = new Map<string, Inline>();
  let lookups = 0;
  for (const [link] of html.matchAll(pillLink)) {
    const target = linkTarget(link);
    if (target === undefined || found.has(target)) continue;
    if (target.startsWith("@")) {
      const person = await personOf(works, portal, target);
      if (person) found.set(target, person);
      continue;
    }
    lookups += 1;
    if (lookups > mostLookups) break;
    const chat = await chatOf(works, portal, target);
    if (chat) found.set(target, chat);
  }
  return found;
};

const personOf = async (
  works: Works,
  portal: Portal,
  mxid: string,
): Promise<Inline | undefined> => {
  const ghost = await works.ghosts.byMxid(mxid);
  if (ghost?.network === portal.network)
    return { t: "user", id: ghost.user, text: ghost.name ?? ghost.user };
  const logins = [...(networkOf(works.box, portal)?.logins.values() ?? [])];
  const login = logins.find((one) => one.row.owner === mxid);
  return login && { t: "user", id: login.row.user, text: login.row.name };
};

/** A room that is a chat of this network: a private chat's name is nobody else's business. */
const chatOf = async (
  works: Works,
  portal: Portal,
  target: string,
): Promise<Inline | undefined> => {
  const { homeserver, signal } = works.box;
  const room = target.startsWith("#")
    ? await homeserver.resolveAlias(target, { class: "live", signal })
    : target;
  if (room === undefined) return undefined;
  const named = (await works.portals.ofRoom(room)).find(
    (one) => one.network === portal.network && !one.dead && mayName(portal, one.chat),
  );
  return named && { t: "chat", ref: named.chat, text: named.info?.name ?? named.chat.id };
};

const mayName = (portal: Portal, { receiver }: ChatRef): boolean =>
  receiver === undefined || receiver === portal.chat.receiver;
