import type { NetworkId } from "../adapter/index.ts";
import { delayAfter } from "../flow/backoff.ts";
import { bindRoom } from "./bind.ts";
import type { LiveNetwork } from "./box.ts";
import type { Works } from "./works.ts";

/** A room that the config binds to chats, on one network or on several. */
export interface BoundRoom {
  /** `#alias:server` or `!id`. */
  readonly room: string;
  readonly chats: readonly { readonly network: NetworkId; readonly chat: string }[];
}

const backoff = { first: 1000, most: 60_000 };
const binding = new WeakSet<LiveNetwork>();

/**
 * Binds the rooms of the config to this network's chats, once a login of it is connected. What is
 * bound already costs nothing: no call goes to the homeserver for it.
 */
export const bindConfigured = async (
  works: Works,
  live: LiveNetwork,
  rooms: readonly BoundRoom[],
): Promise<void> => {
  if (binding.has(live)) return;
  binding.add(live);
  const wanted = rooms.flatMap(({ room, chats }) =>
    chats.filter((one) => one.network === live.settings.id).map(({ chat }) => ({ room, chat })),
  );
  await Promise.all(wanted.map((one) => bindOne(works, live, one)));
  binding.delete(live);
};

const bindOne = async (
  works: Works,
  live: LiveNetwork,
  { room, chat }: { room: string; chat: string },
): Promise<void> => {
  const { box } = works;
  const scope = `bound:${live.settings.id}`;
  for (let failures = 1; !box.signal.aborted; failures += 1) {
    try {
      if ((await box.store.read.keys.get(scope, chat)) === room) return;
      const signal = AbortSignal.any([
        box.signal,
        AbortSignal.timeout(box.settings.deadline.network),
      ]);
      const id = await works.ghosts.enter(room, box.homeserver.bot);
      await bindRoom(works, live, { room: id, name: chat, signal });
      await box.store.commit((tx) => tx.keys.set(scope, chat, room, false));
      box.log.info("A room of the config is bound", { room, network: live.settings.id, chat });
      return;
    } catch (error) {
      box.log.warn("A room of the config was not bound; it is tried again", {
        room,
        network: live.settings.id,
        chat,
        why: error instanceof Error ? error.message : String(error),
      });
      await box.clock.sleep(delayAfter(failures, backoff), box.signal);
    }
  }
};
