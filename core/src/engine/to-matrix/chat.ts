import { isDeepStrictEqual } from "node:util";
import type { ChatInfo } from "../../adapter/index.ts";
import { MatrixError } from "../../matrix/types.ts";
import type { Portal } from "../../store/types.ts";
import type { Described } from "../described.ts";
import { described } from "../described.ts";
import { judge } from "../policy.ts";
import type { Handler } from "../turn.ts";
import type { Works } from "../works.ts";

/** Who may come in by themselves; a chat of one login alone, or a room for it, is left as it is. */
const joinRule = (portal: Portal, { visibility, kind }: ChatInfo): string | undefined => {
  if (portal.chat.receiver !== undefined || kind === "dm") return undefined;
  return visibility === "public" ? "public" : "invite";
};

/** In a room that people made we may have no power: it keeps what they gave it. */
const notAllowed = (error: unknown): void => {
  if (!(error instanceof MatrixError) || error.errcode !== "M_FORBIDDEN") throw error;
};

/** A homeserver that will not, or has no directory, is no reason to leave a door open. */
const notTaken = (error: unknown): void => {
  if (judge(error).next === "wait") throw error;
};

/**
 * Name, topic and openness of the chat, and what can be done in it, compared before they are written; a plumbed room keeps its
 * own name and doors, and one of several chats its own topic too.
 */
export const chatToMatrix =
  (works: Works): Handler =>
  async (turn) => {
    const { box, portals } = works;
    const portal = (await portals.get(turn.portal.id)) ?? turn.portal;
    const { room, info } = portal;
    if (room === undefined || info === undefined) return { end: "dropped" };
    const { only } = turn.item.payload as unknown as Partial<Described>;
    const shared = (await portals.ofRoom(room)).filter((one) => !one.dead).length > 1;
    const call = { class: "roster", signal: turn.signal } as const;
    const own = portal.origin !== "plumbed" && !shared;
    const above = info.parent && (await portals.find(portal.network, info.parent))?.info;
    // The door first: it is shut also where a name or topic is not taken.
    const wanted: readonly [string, string, string | undefined][] = [
      ["m.room.join_rules", "join_rule", own ? joinRule(portal, info) : undefined],
      ["m.room.name", "name", own ? info.name : undefined],
      ["m.room.topic", "topic", shared ? undefined : info.topic],
    ];
    await turn.claim();
    for (const [type, field, value] of wanted) {
      if (value === undefined || only === "described") continue;
      const before = await box.homeserver.getState({ room, type, key: "" }, call);
      if ((before?.[field] ?? "") === value) continue;
      // Before the door is shut: a room that was open may stand in the directory, and is shut once only.
      if (type === "m.room.join_rules" && before?.[field] === "public")
        await box.homeserver.unlist(room, call).catch(notTaken);
      await box.homeserver
        .setState({ room, type, key: "" }, { [field]: value }, call)
        .catch(notAllowed);
    }
    for (const { type, state_key: key, content } of described(box, portal, { info, above })) {
      const at = { room, type, key };
      if (isDeepStrictEqual(await box.homeserver.getState(at, call), content)) continue;
      await box.homeserver.setState(at, content, call).catch(notAllowed);
    }
    if (own && info.expires === undefined) {
      const at = { room, type: "com.beeper.disappearing_timer", key: "" };
      const before = await box.homeserver.getState(at, call);
      if (before !== undefined && Object.keys(before).length > 0)
        await box.homeserver.setState(at, {}, call).catch(notAllowed);
    }
    return { end: only === "described" ? "dropped" : "delivered" };
  };
