import type { JsonObject } from "../../matrix/types.ts";
import { sendStatus } from "../status.ts";
import type { Handler } from "../turn.ts";
import type { Works } from "../works.ts";
import { say } from "./send.ts";

/** What became of a message, as an event about it. */
export const sendStatusToMatrix =
  (works: Works): Handler =>
  async (turn) => {
    const { room } = turn.portal;
    if (room === undefined) return { end: "dropped" };
    const content = turn.item.payload as unknown as JsonObject;
    await say(works, turn, { room, as: works.box.homeserver.bot, type: sendStatus, content });
    return { end: "delivered" };
  };
