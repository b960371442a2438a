import { talkRoom } from "./onboard.ts";
import type { PuppetNote } from "./puppet-note.ts";
import { say } from "./to-matrix/send.ts";
import type { Handler } from "./turn.ts";
import type { Works } from "./works.ts";

/** Tells a person that their ghost speaks for them, and why. */
export const puppetRefused =
  (works: Works): Handler =>
  async (turn) => {
    const { person: user, network, code, isLost } = turn.item.payload as unknown as PuppetNote;
    const name = works.box.networks.get(network)?.settings.adapter.name ?? network;
    const room = await talkRoom(works, turn, { user, network });
    const body = isLost === true ? lost(code) : refused(name, code);
    const as = works.box.homeserver.bot;
    await say(works, turn, {
      room,
      as,
      type: "m.room.message",
      content: { msgtype: "m.notice", body },
    });
    return { end: "dropped" };
  };

const refused = (name: string, code: string): string =>
  `What you say on ${name} itself is shown by a ghost of yours for now: this homeserver does not ` +
  `let me show it as said by you (${code}). I try again by myself, and the admin of this box finds ` +
  `the reason in its log. I say this once.`;

const lost = (code: string): string =>
  `The access token that you gave me by login-matrix is not valid any more (${code}), so I have ` +
  `forgotten it. What you say on other networks goes on being shown, perhaps by a ghost of yours. ` +
  `To speak as yourself again, say here: login-matrix`;
