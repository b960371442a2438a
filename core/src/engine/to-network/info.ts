import type { ChatInfo, Connection, Json, MediaRef } from "../../adapter/index.ts";
import { cleanName } from "../../richtext/index.ts";
import type { Lane, Portal, Repositories } from "../../store/types.ts";
import { queueDescribed } from "../described.ts";
import { outPayload } from "../sent-row.ts";
import { queueSpace } from "../spaces/item.ts";
import { notBridged } from "../turn.ts";
import type { Handler, Turn } from "../turn.ts";
import type { Works } from "../works.ts";
import { enterChat, voiceless, voiceOf } from "./speaker.ts";

type Change = Parameters<NonNullable<Connection["setInfo"]>>[1];

/** A new name, topic or picture of the room becomes the chat's, where the room is the chat's own. */
export const infoToNetwork =
  (works: Works): Handler =>
  async (turn) => {
    const { box, portals } = works;
    const { event } = outPayload(turn.item);
    const portal = (await portals.get(turn.portal.id)) ?? turn.portal;
    const { info, room } = portal;
    if (info === undefined || room === undefined || info.kind === "dm") return { end: "dropped" };
    const change = changeIn(event.type, event.content);
    if (change === undefined || isSo(info, change)) return { end: "dropped" };
    const shared = (await portals.ofRoom(room)).filter((one) => !one.dead).length > 1;
    if (shared || (portal.origin === "plumbed" && change.topic === undefined))
      return { ...notBridged("unsupported", "the room and the chat keep their own."), quiet: true };
    const voice = await voiceOf(works, portal, event.sender);
    if (voice === undefined) return voiceless(works, portal, event.sender);
    const { id } = voice.login.row;
    if (!box.connections.can(id, "setInfo") || !info.features.can.includes("setInfo"))
      return notBridged("unsupported", "it cannot be changed there from here.");
    await enterChat(works, portal, voice.login, turn.signal);
    await turn.claim();
    await tell(works, turn, { login: id, change });
    return {
      end: "delivered",
      write: async (tx) => {
        const now = (await tx.portals.get(portal.id))?.info;
        if (now) await portals.update(tx, portal, { info: { ...now, ...change } });
      },
      queue: (tx) => tellOf(works, tx, { portal, change }),
    };
  };

/** What else says how the chat is called and looks: what its room tells clients of it, and its space. */
const tellOf = async (
  { box }: Works,
  tx: Repositories,
  { portal, change }: { readonly portal: Portal; readonly change: Change },
): Promise<readonly Lane[]> => {
  const space = await tx.spaces.get(portal.network, { chat: portal.id });
  return [
    ...(change.name === undefined ? [] : [await queueDescribed(box, tx, portal)]),
    ...(space ? [await queueSpace(box, tx, space.room)] : []),
  ];
};

/** A state: told again, it is the same. */
const tell = async (
  works: Works,
  turn: Turn,
  {
    login,
    change,
  }: { readonly login: Parameters<typeof works.box.connections.can>[0]; readonly change: Change },
): Promise<void> => {
  const { connections, settings } = works.box;
  const signal = AbortSignal.any([turn.signal, AbortSignal.timeout(settings.deadline.network)]);
  await works.box.failpoint("out.before-call");
  await connections.call(login, "setInfo", turn.portal.chat, change, signal);
  await works.box.failpoint("out.after-call");
};

const longest = 1000;

/** Spec: Client-Server API, `m.room.name`, `m.room.topic` and `m.room.avatar`. */
const changeIn = (type: string, content: { readonly [key: string]: Json }): Change | undefined => {
  const { name, topic, url } = content;
  if (type === "m.room.name") {
    const clean = typeof name === "string" ? cleanName(name) : "";
    return clean === "" ? undefined : { name: clean.slice(0, longest) };
  }
  if (type === "m.room.topic")
    return { topic: typeof topic === "string" ? topic.slice(0, longest) : "" };
  if (url === undefined || url === "") return { avatar: null };
  return typeof url === "string" && url.startsWith("mxc://")
    ? { avatar: { locator: { mxc: url }, name: "avatar" } satisfies MediaRef }
    : undefined;
};

const isSo = (info: ChatInfo, { name, topic, avatar }: Change): boolean =>
  (name === undefined || name === info.name) &&
  (topic === undefined || topic === (info.topic ?? "")) &&
  (avatar === undefined || JSON.stringify(avatar) === JSON.stringify(info.avatar ?? null));
