import { demandOpen, openByAlias } from "../engine/index.ts";
import { MatrixError } from "../matrix/types.ts";
import type { Asked, Command } from "./command.ts";
import { networkBefore } from "./networks.ts";

/** The room of a chat, made if need be; also of one that hides, whose room nobody enters uninvited. */
export const join: Command = {
  name: "join",
  also: ["create-portal"],
  section: "chats",
  network: "first",
  again: true,
  args: "<network> <chat>",
  says: "invites you to the room of a chat",
  needs: "user",
  async run(asked) {
    const { engine, sender, args, signal } = asked;
    const { live, rest: name } = networkBefore(engine, args);
    if (name.length === 0) return "Tell me which chat: join <network> <chat>";
    const named = { name: name.join(" "), asker: sender, signal };
    const found = await openByAlias(engine.works, live, named);
    const whose = `the room of ${live.settings.id} ${found.name}`;
    return (await invited(asked, found.room))
      ? `You are invited to ${whose}.`
      : `You are in ${whose} already.`;
  },
};

const invited = async ({ engine, sender, signal }: Asked, room: string): Promise<boolean> => {
  const { homeserver } = engine.works.box;
  await demandOpen(engine.works, { room, user: sender, signal });
  try {
    await homeserver.invite(room, sender, { class: "live", signal });
    return true;
  } catch (error) {
    if (!(error instanceof MatrixError) || error.errcode !== "M_FORBIDDEN") throw error;
    return false;
  }
};
