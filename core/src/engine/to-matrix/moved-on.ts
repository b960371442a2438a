import { MatrixError } from "../../matrix/types.ts";
import { isOpenTo } from "../demand-open.ts";
import type { MovedOn } from "../moved-on.ts";
import { judge } from "../policy.ts";
import type { Handler, Turn } from "../turn.ts";
import type { Works } from "../works.ts";
import { botSays, linkTo } from "./notice.ts";

/** Its people are asked into the room in which the chat goes on, and the room they are in says which one that is. */
export const movedOnToMatrix =
  (works: Works): Handler =>
  async (turn) => {
    const { room, name, people } = turn.item.payload as unknown as MovedOn;
    for (const user of people) await askIn(works, turn, { room, user });
    const { network } = turn.portal;
    const adapter = works.box.networks.get(network)?.settings.adapter.name ?? network;
    const of = [
      { t: "text", text: `The chat of this room on ${adapter} goes on in ` },
      linkTo(works, { room, name }),
      {
        t: "text",
        text: ", where it has a room already. It is not bridged to this room any more.",
      },
    ] as const;
    await botSays(works, turn, { text: [{ t: "para", of }] });
    return { end: "dropped" };
  };

/** For one whose server does not answer the others are kept waiting so long, in milliseconds. */
const patience = 10 * 60_000;

/** Whom that room does not take, or who is in it, reads of it all the same. */
const askIn = async (
  works: Works,
  turn: Turn,
  { room, user }: { readonly room: string; readonly user: string },
): Promise<void> => {
  const { homeserver } = works.box;
  const { item, signal } = turn;
  const call = { class: "live", signal } as const;
  try {
    const state = await homeserver.getState({ room, type: "m.room.member", key: user }, call);
    const membership = state?.["membership"];
    if (membership === "join" || membership === "invite") return;
    if (await isOpenTo(works, { room, user, signal })) await homeserver.invite(room, user, call);
  } catch (error) {
    if (!(error instanceof MatrixError)) throw error;
    const isOver = error.status >= 500 && turn.now() - item.at > patience;
    if (judge(error).next === "wait" && !isOver) throw error;
  }
};
