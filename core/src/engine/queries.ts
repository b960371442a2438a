import { chatId } from "../adapter/index.ts";
import { parseAlias } from "../matrix/ghost-names.ts";
import type { JsonObject, Queries } from "../matrix/types.ts";
import { openByAlias } from "./bind.ts";
import type { LiveNetwork } from "./box.ts";
import { locationAt, locationsNamed, peopleNamed, personIn, protocolOf } from "./third-party.ts";
import type { Works } from "./works.ts";

/** So many names are looked up at once: whoever asks is anybody, and a network takes only so much. */
const mostAsked = 16;

/** Beyond those nothing is found. */
const bounded = () => {
  let asked = 0;
  return async (look: () => Promise<readonly JsonObject[]>): Promise<readonly JsonObject[]> => {
    if (asked >= mostAsked) return [];
    asked += 1;
    return look().finally(() => (asked -= 1));
  };
};

/** What the homeserver asks while somebody waits: users, aliases, third-party networks. */
export const makeQueries = (works: Works): Queries => queriesOf(works, bounded());

const queriesOf = (works: Works, few: ReturnType<typeof bounded>): Queries => ({
  user: async (mxid) => {
    const known = await works.ghosts.byMxid(mxid);
    if (known?.registered) return true;
    const who = works.ghosts.namedBy(mxid);
    if (!who) return false;
    const info = await works.ghosts.ask(who.network, who.user);
    if (!info) return false;
    await works.box.store.commit((tx) => works.ghosts.learn(tx, who, info));
    await works.ghosts.ensure(who.network, who.user);
    return true;
  },
  alias: async (alias) => {
    const found = aliasOf(works, alias);
    if (!found) return false;
    try {
      const signal = AbortSignal.any([
        works.box.signal,
        AbortSignal.timeout(works.box.settings.deadline.network),
      ]);
      await connected(works, found.live, signal);
      await openByAlias(works, found.live, { name: found.chat, signal });
      return true;
    } catch (error) {
      works.box.log.info("No room was made for an alias", {
        alias,
        why: error instanceof Error ? error.message : String(error),
      });
      return false;
    }
  },
  protocol: (name) => Promise.resolve(protocolOf(works, name)),
  location: (protocol, fields) => few(() => locationsNamed(works, protocol, fields)),
  person: (protocol, fields) => few(() => peopleNamed(works, protocol, fields)),
  locationOf: async (alias) => {
    const found = aliasOf(works, alias);
    return found ? locationAt(works, found.live, chatId(found.chat)) : [];
  },
  personOf: async (mxid) => {
    const ghost = await works.ghosts.byMxid(mxid);
    const live = ghost && works.box.networks.get(ghost.network);
    return live ? [personIn(live, ghost)] : [];
  },
});

/** How long somebody who asks waits for a network that the box is only just connecting to. */
const patience = 10_000;

const connected = async (works: Works, live: LiveNetwork, signal: AbortSignal): Promise<void> => {
  const { clock } = works.box;
  const soon = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
  try {
    await live.gate.ready(clock, soon);
    const doors = [...live.logins.values()].map((login) => login.gate);
    if (doors.length > 0) await Promise.race(doors.map((door) => door.ready(clock, soon)));
  } catch (error) {
    if (!soon.aborted || signal.aborted) throw error;
    const why =
      live.gate.closure?.why ?? [...live.logins.values()].find((login) => login.why)?.why?.message;
    throw new Error(why ?? `${live.settings.id} is not connected.`, { cause: error });
  }
};

const aliasOf = (works: Works, alias: string): { live: LiveNetwork; chat: string } | undefined => {
  const { domain } = works.box.homeserver;
  if (!alias.startsWith("#") || !alias.endsWith(`:${domain}`)) return undefined;
  const localpart = alias.slice(1, -(domain.length + 1));
  for (const live of works.box.networks.values()) {
    const chat = parseAlias(localpart, { prefix: live.settings.aliasPrefix, domain });
    if (chat !== undefined) return { live, chat };
  }
  return undefined;
};
