import { asBridgeError } from "../../adapter/index.ts";
import { MatrixError } from "../../matrix/types.ts";
import type { Call, JsonObject } from "../../matrix/types.ts";
import type { Space } from "../../store/types.ts";
import { asJson } from "../as-json.ts";
import { pictureAt } from "../media/pictures.ts";
import { isWorthWaiting } from "../picture.ts";
import { isRefusal, outAlready } from "../refusal.ts";
import type { Handler, Turn } from "../turn.ts";
import type { Works } from "../works.ts";
import type { About } from "./item.ts";
import { queueUnspace } from "./item.ts";
import { leaveEmpty, strayIn } from "./leave.ts";
import { avatarText, differs, lookOf, shownOf } from "./look.ts";
import type { Look, Shown } from "./look.ts";

/** A space gets the name, the picture and the people that it is to have. */
export const showSpace =
  (works: Works): Handler =>
  async (turn) => {
    const { room } = turn.item.payload as unknown as About;
    const { box } = works;
    const space = await box.store.read.spaces.ofRoom(room);
    if (space === undefined || !box.networks.has(space.network)) return { end: "dropped" };
    await leaveEmpty(works, space);
    const look = await lookOf(box, box.store.read, space);
    if (look === undefined) {
      box.wake(await box.store.commit((tx) => queueUnspace(box, tx, room)));
      return { end: "dropped" };
    }
    await turn.claim();
    for (const guest of look.guests) await bringIn(works, turn, { room, guest });
    await letGo(works, turn, { room, look });
    if (differs(look, shownOf(space))) await show(works, turn, { space, look });
    return {
      end: "dropped",
      keep: async (tx) => {
        if ((await strayIn(tx, space)).length > 0) return true;
        return JSON.stringify(await lookOf(box, tx, space)) !== JSON.stringify(look);
      },
    };
  };

const show = async (
  works: Works,
  turn: Turn,
  { space, look }: { readonly space: Space; readonly look: Look },
): Promise<void> => {
  const { store } = works.box;
  const call = { class: "roster", signal: turn.signal } as const;
  const { room } = space;
  await write(works, { room, type: "m.room.name" }, { name: look.name }, call);
  const rule = look.open ? "public" : "invite";
  await write(works, { room, type: "m.room.join_rules" }, { join_rule: rule }, call);
  const shown: Shown = { name: look.name, open: look.open };
  const keep = (more: Shown): Promise<void> =>
    store.commit((tx) => tx.spaces.put({ ...space, shown: asJson({ ...shown, ...more }) }));
  const { avatar: before } = shownOf(space);
  await keep(before === undefined ? {} : { avatar: before });
  const text = avatarText(look);
  if (text === undefined || text === before) return;
  await picture(works, turn, { room, look });
  await keep({ avatar: text });
};

/** One that cannot be had for good is noted as shown, so that it is not tried for ever. */
const picture = async (
  works: Works,
  turn: Turn,
  { room, look }: { readonly room: string; readonly look: Look },
): Promise<void> => {
  const { avatar, portal } = look;
  if (avatar === undefined || portal === undefined) return;
  const call = { class: "roster", signal: turn.signal } as const;
  try {
    const url = avatar === null ? "" : await pictureAt(works, portal, { avatar, call });
    const content: JsonObject = url === "" ? {} : { url };
    await write(works, { room, type: "m.room.avatar" }, content, call);
  } catch (error) {
    if (isWorthWaiting(turn, error)) throw error;
    works.box.log.warn("The picture of a space was not shown", {
      why: asBridgeError(error).message,
    });
  }
};

/** Compared first; a space that people took over keeps what they gave it. */
const write = async (
  { box: { homeserver } }: Works,
  { room, type }: { readonly room: string; readonly type: string },
  content: JsonObject,
  call: Call,
): Promise<void> => {
  const at = { room, type, key: "" };
  const before = await homeserver.getState(at, call);
  const same = Object.entries(content).every(([key, value]) => before?.[key] === value);
  const bare = Object.keys(content).length === 0 && before?.["url"] === undefined;
  if (before === undefined ? bare : same && (Object.keys(content).length > 0 || bare)) return;
  await homeserver.setState(at, content, call).catch((error: unknown) => {
    if (!(error instanceof MatrixError) || error.status !== 403) throw error;
  });
};

/**
 * Asked in once, and let in at once where the box may do it for them. Who went, or whom
 * somebody else put out, is not asked again: what is not noted, because the box fell over it, is looked up.
 */
const bringIn = async (
  works: Works,
  { signal }: Turn,
  { room, guest }: { readonly room: string; readonly guest: string },
): Promise<void> => {
  const { homeserver, store } = works.box;
  let membership = await store.read.members.get(room, guest);
  if (membership === undefined) {
    const call = { class: "roster", signal } as const;
    const at = { room, type: "m.room.member", key: guest };
    const before = await homeserver.getStateEvent(at, call);
    const there = before?.content["membership"];
    // A homeserver that does not say who did it leaves us: whom we let go is not noted any more.
    const letGoByUs = there === "leave" && ["", homeserver.bot].includes(before?.sender ?? "");
    const isAsked = typeof there !== "string" || letGoByUs;
    if (isAsked) await homeserver.invite(room, guest, call).catch(unlessRefused);
    const now = isAsked ? "invite" : there;
    membership = now;
    await store.commit((tx) => tx.members.set(room, guest, now));
  }
  if (membership !== "invite" || !(await works.puppets.isPuppet(store.read, guest))) return;
  try {
    await homeserver.join(room, { class: "roster", as: guest, signal });
    await store.commit((tx) => tx.members.set(room, guest, "join"));
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
};

/** Who was asked in and is not to be in it any more; whoever comes back to the server is asked in again. */
const letGo = async (
  { box: { homeserver, store } }: Works,
  { signal }: Turn,
  { room, look }: { readonly room: string; readonly look: Look },
): Promise<void> => {
  const kept = new Set([homeserver.bot, ...look.guests, ...look.welcome]);
  const reason = "You are in nothing any more that this space shows.";
  for (const { mxid } of await store.read.members.ofRoom(room)) {
    if (kept.has(mxid)) continue;
    const call = { class: "roster", signal } as const;
    await homeserver.kick(room, mxid, call, reason).catch(outAlready);
    await store.commit((tx) => tx.members.forget(room, mxid));
  }
};

/** In it already, or barred from it. */
const unlessRefused = (error: unknown): void => {
  if (!(error instanceof MatrixError) || error.status !== 403) throw error;
};
