import type { Json, LoginId, Millis, NetworkId } from "../adapter/index.ts";
import type { JsonObject } from "../matrix/types.ts";
import type { Lane, NewItem, Repositories } from "../store/types.ts";
import type { Happening, LiveLogin, LiveNetwork } from "./box.ts";
import { talkLane } from "./control.ts";
import { Latest } from "./ephemeral/latest.ts";
import { quietly } from "./ephemeral/quietly.ts";
import { forgetTalk, talkRoom } from "./onboard.ts";
import { isMuted } from "./mute.ts";
import { isRefusal } from "./refusal.ts";
import { duration } from "./sentences.ts";
import { replacing } from "./to-matrix/edit.ts";
import { say } from "./to-matrix/send.ts";
import type { Handler } from "./turn.ts";
import type { Works } from "./works.ts";

/** A login that is back within this time was never away, in milliseconds. */
const patience: Millis = 3_000;
const mostWaiting = 10_000;

const kind = "loginNotice";

type Trouble = "away" | "needs-you";

interface Told {
  readonly state: Trouble;
  readonly since: Millis;
  readonly room: string;
  readonly event: string;
}

/** Of what something is told: of a login, or of a network as a whole. */
interface Subject {
  readonly network: NetworkId;
  readonly login?: LoginId;
}

interface Notice extends Subject {
  readonly user: string;
  readonly state: Trouble | "well";
  readonly text: string;
}

/**
 * Tells people in their rooms with the bot that a login of theirs is not connected, and in the same line
 * that it is again; of the accounts of the box, and of a network that cannot be opened, its admins. To be
 * subscribed to the engine's news.
 */
export const watchLogins = (works: Works): ((happening: Happening) => void) => {
  const { box } = works;
  const latest = new Latest<Subject>({
    clock: box.clock,
    signal: box.signal,
    wait: patience,
    most: mostWaiting,
    work: (which) => quietly(box, "A notice about a login", queueNotices(works, which)),
  });
  return (happening) => {
    if (!box.settings.loginNotices) return;
    if (happening.what !== "login" && happening.what !== "network") return;
    const { network } = happening;
    const subject = happening.what === "login" ? { network, login: happening.login } : { network };
    latest.set(scopeOf(subject), subject);
  };
};

/** Where it is kept what was told of it. No login and no network has such an id. */
const scopeOf = ({ network, login }: Subject): string => login ?? `/${network}`;

const queueNotices = async (works: Works, subject: Subject): Promise<void> => {
  const { box } = works;
  const { network, login } = subject;
  const live = box.networks.get(network);
  const owner = login === undefined ? undefined : live?.logins.get(login)?.row.owner;
  for (const user of owner === undefined ? box.settings.admins : [owner]) {
    const lane = await box.store.commit((tx) => queueNotice(works, tx, { ...subject, user }));
    if (lane) box.wake(lane);
  }
};

/** One at a time for each subject and person: when it is said, it is looked whether it still holds. */
const queueNotice = async (
  works: Works,
  tx: Repositories,
  { user, ...subject }: Subject & Pick<Notice, "user">,
): Promise<Lane | undefined> => {
  const { box } = works;
  const { network, login } = subject;
  const live = box.networks.get(network);
  const one = login === undefined ? undefined : live?.logins.get(login);
  const scope = scopeOf(subject);
  const origin = `login:${scope}:${user}`;
  const gone = !live || (login !== undefined && !one);
  if (gone || (await tx.items.ofOrigin(origin)).length > 0) return undefined;
  const told = toldOf(await tx.keys.get(scope, toldKey(user)));
  const state = one ? stateOf(one, told) : live.network ? "well" : "away";
  if (state === (told?.state ?? "well")) return undefined;
  const at = box.clock.now();
  const now = { state, away: at - (told?.since ?? at) };
  const text = one ? textOf(live, one, now) : networkText(live, now);
  const lane = talkLane(user);
  const payload: Notice = { user, ...subject, state, text };
  const key = box.keyOf(lane.portal, origin, String(at));
  const item: NewItem = { lane, rank: 1, origin, kind, payload: { ...payload }, at, key };
  await tx.items.add(item);
  return lane;
};

/** What a person was told last of what is not well; with the login it is forgotten. */
const toldKey = (user: string): string => `told ${user}`;

/** Written by us alone. */
const toldOf = (stored: Json | undefined): Told | undefined => stored as Told | undefined;

/** Who was told to log in again is told nothing less; a restart of the box alone is no news. */
const stateOf = ({ state }: LiveLogin, told: Told | undefined): Notice["state"] => {
  if (state === "connected") return "well";
  if (state === "needs-login" || state === "logged-out") return "needs-you";
  return state === "connecting" ? (told?.state ?? "well") : (told?.state ?? "away");
};

interface Now {
  readonly state: Notice["state"];
  readonly away: Millis;
}

const networkText = ({ settings, gate }: LiveNetwork, { state, away }: Now): string => {
  if (state === "well")
    return `\u2713 The network ${settings.id} is open, after ${duration(away)}.`;
  const because = gate.closure ? ` ${gate.closure.why}` : "";
  return `The network ${settings.id} could not be opened.${because} It is tried again by itself; what is said meanwhile waits.`;
};

const textOf = (live: LiveNetwork, { row, why }: LiveLogin, { state, away }: Now): string => {
  const { adapter } = live.settings;
  const which = `${row.name} on ${adapter.name}`;
  const because = why === undefined ? "" : ` ${why.message}`;
  if (state === "well") return `\u2713 ${which} is connected again, after ${duration(away)}.`;
  if (state === "away")
    return `${which} is not connected.${because} What is said meanwhile waits, and passes when it is back.`;
  const todo =
    row.owner === undefined
      ? "Nothing passes by it until its section of the config is right and the box started again."
      : `Nothing passes until you say here: relogin ${row.id}`;
  return `${which} needs you.${because} ${todo}`;
};

/** Who logged out meanwhile is told nothing of that login any more. */
const isThere = async (
  { box }: Works,
  { logins }: Pick<Repositories, "logins">,
  { network, login }: Subject,
): Promise<boolean> =>
  box.networks.has(network) && (login === undefined || (await logins.get(login)) !== undefined);

/** We were put out of that room: the next word goes to another one. */
const unlessRefused = (error: unknown): undefined => {
  if (!isRefusal(error)) throw error;
};

/** Says it in the person's own room with the bot. That a login is back is said in the line that it was away. */
export const loginNotice =
  (works: Works): Handler =>
  async (turn) => {
    const notice = turn.item.payload as unknown as Notice;
    const { user, login, state, text } = notice;
    const { store, homeserver } = works.box;
    if (!(await isThere(works, store.read, notice))) return { end: "dropped" };
    const key = toldKey(user);
    const scope = scopeOf(notice);
    const told = toldOf(await store.read.keys.get(scope, key));
    if (state === "well" && told === undefined) return { end: "dropped" };
    const muted = login !== undefined && (await isMuted(store.read, { login, user }));
    if (told === undefined && muted) return { end: "dropped" };
    const content: JsonObject = { msgtype: "m.notice", body: text };
    const instead = state === "well" ? told : undefined;
    const room = instead?.room ?? (await talkRoom(works, turn, notice));
    const said = instead ? replacing(instead.event, content) : content;
    const event = await say(works, turn, {
      room,
      as: homeserver.bot,
      type: "m.room.message",
      content: said,
    }).catch(unlessRefused);
    if (event === undefined)
      return {
        end: "dropped",
        write: async (tx) => {
          await tx.keys.set(scope, key, null, false);
          await forgetTalk(tx, user, room);
        },
      };
    const now: Told | null =
      state === "well" ? null : { state, room, event, since: told?.since ?? turn.item.at };
    return {
      end: "delivered",
      write: async (tx) => {
        const kept = (await isThere(works, tx, notice)) ? now : null;
        await tx.keys.set(scope, key, kept && { ...kept }, false);
      },
      queue: async (tx) => {
        const lane = await queueNotice(works, tx, notice);
        return lane ? [lane] : [];
      },
    };
  };
