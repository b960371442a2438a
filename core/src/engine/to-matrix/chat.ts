import type { Handler } from "../turn.ts";
import type { Works } from "../works.ts";

/** Name and topic of the chat, compared before they are written; a plumbed room keeps its own name. */
export const chatToMatrix =
  (works: Works): Handler =>
  async (turn) => {
    const { box, portals } = works;
    const portal = (await portals.get(turn.portal.id)) ?? turn.portal;
    const { room, info } = portal;
    if (room === undefined || info === undefined) return { end: "dropped" };
    const shown = (await box.store.read.portals.ofRoom(room)).length > 1;
    const call = { class: "roster", signal: turn.signal } as const;
    const wanted: readonly [string, string, string | undefined][] = [
      ["m.room.name", "name", info.name],
      ["m.room.topic", "topic", info.topic],
    ];
    await turn.claim();
    for (const [type, field, value] of wanted) {
      if (value === undefined || (type === "m.room.name" && (portal.origin === "plumbed" || shown)))
        continue;
      const before = await box.homeserver.getState({ room, type, key: "" }, call);
      if ((before?.[field] ?? "") === value) continue;
      await box.homeserver.setState({ room, type, key: "" }, { [field]: value }, call);
    }
    return { end: "delivered" };
  };
