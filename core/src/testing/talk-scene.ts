import type { TestContext } from "node:test";
import { commandHandler } from "../commands/index.ts";
import { textAt } from "../matrix/parse.ts";
import type { MatrixEvent } from "../matrix/types.ts";
import { ana, openEngine } from "./engine-fixture.ts";
import type { Scene } from "./engine-fixture.ts";

/** Ana's own room with the bot. */
export const talkRoom = "!talk:hs.test";

interface From {
  readonly room?: string;
  readonly sender?: string;
}

export interface TalkScene extends Scene {
  /** Says it to the bot and gives its next line in that room; nothing if it has none. */
  readonly ask: (text: string, from?: From) => Promise<string>;
  /** What the person said last. */
  readonly said: () => MatrixEvent | undefined;
}

/** An engine whose bot answers, with a person in a room of the two. */
export const openTalk = async (
  t: TestContext,
  overrides: Parameters<typeof openEngine>[1] = {},
): Promise<TalkScene> => {
  const scene = await openEngine(t, { commands: commandHandler, ...overrides });
  return talkIn(scene);
};

/** The same in a scene that is there already. */
export const talkIn = <S extends Scene>(scene: S): S & TalkScene => {
  const { homeserver, push, idle } = scene;
  homeserver.makeRoom(talkRoom, [ana, homeserver.bot]);
  let last: MatrixEvent | undefined;
  const ofBot = (room: string): readonly string[] =>
    homeserver.events
      .filter(
        ({ room_id: at, sender, type }) =>
          at === room && sender === homeserver.bot && type === "m.room.message",
      )
      .map(({ content }) => textAt(content, "body") ?? "");
  return {
    ...scene,
    said: () => last,
    ask: async (text, { room = talkRoom, sender = ana } = {}) => {
      const before = ofBot(room).length;
      const content = { msgtype: "m.text", body: text };
      last = homeserver.event({ room_id: room, type: "m.room.message", sender, content });
      await push(last);
      await idle();
      return ofBot(room)[before] ?? "";
    },
  };
};
