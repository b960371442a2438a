import type { Json } from "../../adapter/index.ts";
import type { Shower } from "../assertions.ts";

/** A pin is in the list of the room's own; the bot, who may change it, keeps it as the network has it. */
export const pinInRoom: Shower = async ({ box }, turn, { row, target, pieces }) => {
  const call = { class: "live", signal: turn.signal } as const;
  const at = { room: target.room, type: "m.room.pinned_events", key: "" };
  const before = listIn((await box.homeserver.getState(at, call))?.["pinned"]);
  const own = new Set(pieces.map(({ event }) => event));
  const is = before.some((event) => own.has(event));
  const wanted = row.value !== null;
  if (is !== wanted) {
    const pinned = wanted ? [...before, target.event] : before.filter((event) => !own.has(event));
    await box.failpoint("in.before-call");
    await box.homeserver.setState(at, { pinned }, call);
    await box.failpoint("in.after-call");
  }
  return { event: wanted ? target.event : undefined };
};

const listIn = (value: Json | undefined): readonly string[] =>
  Array.isArray(value) ? value.filter((one: Json) => typeof one === "string") : [];
