import type { Asked } from "./command.ts";

/** Whether somebody besides the asker and the bot reads the answer: secrets and contacts are for one person. */
export const hasOthers = async ({ engine, heardIn: room, signal }: Asked): Promise<boolean> => {
  const { homeserver } = engine.works.box;
  return (await homeserver.joinedMembers(room, { class: "live", signal })).size > 2;
};
