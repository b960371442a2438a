import { BridgeError } from "../adapter/index.ts";
import type { Member, UserId } from "../adapter/index.ts";
import type { Lane } from "../store/types.ts";
import { membersChanged } from "./absorb-members.ts";
import type { LiveLogin, LiveNetwork } from "./box.ts";
import { queueListing, refusedMark, scope, wantedOf } from "./list-item.ts";
import { inTime } from "./in-time.ts";
import { judge } from "./policy.ts";
import { networkOf, viewOf } from "./portals.ts";
import type { Handler, Settlement, Turn } from "./turn.ts";
import type { Works } from "./works.ts";

/** So long others of the lane, who come and go, stand behind a list that does not come; milliseconds. */
const longest = 24 * 3_600_000;

/** A login can be used: the chats of it that nobody could list yet are listed. */
export const listDue = async (
  { box }: Works,
  live: LiveNetwork,
  { row, connection }: LiveLogin,
): Promise<void> => {
  if (wantedOf(live) === undefined || connection?.members === undefined) return;
  const portals = await box.store.read.portals.ofLogin(row.id);
  const open = portals.filter(({ room, dead }) => room !== undefined && !dead);
  if (open.length === 0) return;
  const lanes = await box.store.commit(async (tx) => {
    const found: (Lane | undefined)[] = [];
    for (const portal of open) found.push(await queueListing(box, tx, portal));
    return found;
  });
  for (const lane of lanes) if (lane) box.wake(lane);
};

/**
 * Reads who is in the chat, a page in a commit, and in the end who is not in it any more. Begun anew
 * after a crash it finds what is there already; a login that is away begins it when it comes back.
 */
export const listMembers =
  (works: Works): Handler =>
  async (turn) => {
    const { box } = works;
    const live = networkOf(box, turn.portal);
    const wanted = live && wantedOf(live);
    const login = await viewOf(box, turn.portal);
    const isAsked = wanted !== undefined && !turn.portal.dead;
    if (!live || !isAsked || login?.connection?.members === undefined) return { end: "dropped" };
    const mark = `listing ${box.clock.now()}`;
    await box.store.commit((tx) => tx.keys.set(scope, String(turn.portal.id), mark, false));
    const { connection } = login;
    const pages = inTime(
      (signal) => connection.members?.(turn.portal.chat, signal),
      turn.signal,
      tooLate,
    );
    const reading = { live, login, pages };
    const end = await works.listSlots.run(login.row.id, turn.signal, () =>
      read(works, turn, reading).then(
        () => wanted,
        (error: unknown) => {
          const verdict = judge(error);
          const isLater = verdict.next === "wait" && turn.now() - turn.item.at < longest;
          if (turn.signal.aborted || isLater) throw error;
          const why = verdict.sentence;
          box.log.info("Not all members of a chat were listed", { portal: turn.portal.id, why });
          return refusedMark(wanted, box.clock.now());
        },
      ),
    );
    return listed(turn, { mark, end });
  };

/** A gap that was taken in meanwhile took the mark away: it is done once more. */
const listed = (
  { portal }: Turn,
  { mark, end }: { readonly mark: string; readonly end: string },
): Settlement => ({
  end: "dropped",
  keep: async (tx) => {
    if ((await tx.keys.get(scope, String(portal.id))) !== mark) return true;
    await tx.keys.set(scope, String(portal.id), end, false);
    return false;
  },
});

interface Reading {
  readonly live: LiveNetwork;
  readonly login: LiveLogin;
  readonly pages: AsyncIterable<readonly Member[]>;
}

const read = async (works: Works, turn: Turn, { live, login, pages }: Reading): Promise<void> => {
  const { store } = works.box;
  const { portal } = turn;
  const before = await store.read.roster.of(portal.id);
  const there = new Set<UserId>();
  const take = async (list: readonly Member[]): Promise<void> => {
    const at = works.box.clock.now();
    const event = { kind: "members", chat: portal.chat, at, list, complete: false } as const;
    const batch = { events: [], seenBy: [login.row.id] };
    const listed = there.size;
    const lanes = await store.commit(async (tx) => {
      // The chat may be gone meanwhile, or go on as another one, which is listed for itself.
      if ((await tx.portals.get(portal.id))?.dead !== false) return [];
      return membersChanged(works, tx, { live, portal, event, batch, counts: true, listed });
    });
    for (const lane of lanes) works.box.wake(lane);
  };
  const most = live.settings.members === "capped" ? live.settings.memberCap : Infinity;
  for await (const page of pages) {
    await take(page);
    await works.box.failpoint("members.page");
    for (const { user, state } of page) if (state === "join") there.add(user);
    if (there.size >= most) return;
  }
  // A chat that its login is in has somebody in it: an empty list tells nothing.
  if (there.size === 0) return;
  const gone = before.filter(({ user, state }) => state === "join" && !there.has(user));
  if (gone.length > 0) await take(gone.map(({ user }) => ({ user, state: "leave" })));
};

const tooLate = (): BridgeError =>
  new BridgeError("timeout", "The members of a chat were not listed: no page came in time.", {
    reached: "no",
    scope: "item",
  });
