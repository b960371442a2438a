import type { TestContext } from "node:test";
import { ana, openEngine, type Scene } from "./engine-fixture.ts";

/** An engine that tells of logins and networks, with ana as its admin. */
export const openTelling = (
  t: TestContext,
  more: Parameters<typeof openEngine>[1] = {},
): Promise<Scene> => openEngine(t, { ...more, settings: { loginNotices: true, admins: [ana] } });

/** What the bot has said, in any room. */
export const told = ({ homeserver }: Scene): readonly string[] =>
  homeserver.events
    .filter(({ type, sender }) => type === "m.room.message" && sender === homeserver.bot)
    .map(({ content: { body } }) => (typeof body === "string" ? body : ""));

/** Time goes by, in milliseconds, and all that comes of it is done. */
export const pass = async (scene: Scene, ms: number): Promise<void> => {
  await scene.settle();
  scene.clock.advance(ms);
  await scene.settle();
};
