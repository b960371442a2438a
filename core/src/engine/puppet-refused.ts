import { talkRoom } from "./onboard.ts";
import type { PuppetNote } from "./puppet-note.ts";
import { say } from "./to-matrix/send.ts";
import type { Handler } from "./turn.ts";
import type { Works } from "./works.ts";

/** Tells a person that their ghost speaks for them, and why. */
export const puppetRefused =
  (works: Works): Handler =>
  async (turn) => {
    const { person: user, network, code } = turn.item.payload as unknown as PuppetNote;
    const name = works.box.networks.get(network)?.settings.adapter.name ?? network;
    const room = await talkRoom(works, turn, { user, network });
    const body =
      `What you say on ${name} itself is shown by a ghost of yours for now: this homeserver does not ` +
      `let me show it as said by you (${code}). I try again by myself, and the admin of this box finds ` +
      `the reason in its log. I say this once.`;
    const as = works.box.homeserver.bot;
    await say(works, turn, {
      room,
      as,
      type: "m.room.message",
      content: { msgtype: "m.notice", body },
    });
    return { end: "dropped" };
  };
