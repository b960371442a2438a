import { chatLabel, isOwn, liveLogin, queueDissolve } from "../engine/index.ts";
import type { Portal } from "../store/types.ts";
import type { Asked, Command } from "./command.ts";
import { demandPower } from "./power.ts";
import { notBridged } from "./words.ts";

export const deletePortal: Command = {
  name: "delete-portal",
  section: "rooms",
  network: "only",
  args: "[network]",
  says: "ends the bridging of this room, and puts everybody out if I made it; for who alone has the chat, who may change the room, and admins",
  needs: "user",
  async run(asked) {
    const { engine, room, args } = asked;
    const { works } = engine;
    const portals = (await works.portals.ofRoom(room)).filter(
      (portal) => !portal.dead && (args[0] === undefined || portal.network === args[0]),
    );
    if (portals.length === 0) return notBridged(args[0]);
    for (const portal of portals)
      if (!(await isOnlyTheirs(asked, portal))) await demandPower(asked, "deleted");
    await dissolveAll(asked, portals);
    const chats = portals.map(({ network, chat }) => chatLabel(network, chat)).join(", ");
    return portals.every(isOwn)
      ? `This room is deleted: everybody leaves it now. ${chats} gets a new one when somebody writes there.`
      : `This room is not bridged to ${chats} any more. It is yours, so you stay in it.`;
  },
};

/** Whether no other person's login, and none of the box, is in that chat. */
export const isOnlyTheirs = async (
  { engine, sender }: Pick<Asked, "engine" | "sender">,
  { id, chat }: Portal,
): Promise<boolean> => {
  const { box } = engine.works;
  const inside = await box.store.read.portals.logins(id);
  const logins = chat.receiver === undefined ? inside : [...inside, chat.receiver];
  const owners = logins.map((login) => liveLogin(box, login)?.row.owner);
  return owners.length > 0 && owners.every((owner) => owner === sender);
};

/** All are stored as to be ended in one commit; each is then done by itself. */
export const dissolveAll = async (
  { engine: { works } }: Asked,
  portals: readonly Portal[],
): Promise<void> => {
  const lanes = await works.box.store.commit(async (tx) => {
    const busy = [];
    for (const portal of portals)
      busy.push(await queueDissolve(works, tx, { portal, how: "delete" }));
    return busy;
  });
  for (const lane of lanes) works.box.wake(lane);
};
