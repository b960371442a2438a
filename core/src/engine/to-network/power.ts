import type { Role } from "../../adapter/index.ts";
import type { Lane, Repositories } from "../../store/types.ts";
import { putRole } from "../account-roles.ts";
import { power } from "../levels.ts";
import { checkLevels, followsRoles, levelsOf } from "../room-levels.ts";
import { queueRoster } from "../roster-item.ts";
import { outPayload } from "../sent-row.ts";
import { notBridged } from "../turn.ts";
import type { Handler, Settlement, Turn } from "../turn.ts";
import type { Works } from "../works.ts";
import { setMember } from "./member.ts";
import { roleChanges } from "./role-changes.ts";
import type { Due } from "./role-changes.ts";
import { loginFor } from "./speaker.ts";

const refusals = {
  forbidden: "only who is logged in there can change what people may do there.",
  unsupported:
    "nobody's role can be changed there from here. Change it there; the level is as it was.",
} as const;

/** Whose level in a room that the box made crossed the mark of a role has that role in the chat too. */
export const powerToNetwork =
  (works: Works): Handler =>
  async (turn) => {
    const { box } = works;
    const { portal } = turn;
    const rest = (tx: Repositories): Promise<readonly Lane[]> => compareRest(works, tx, turn);
    if (!(await followsRoles(box.store.read, portal))) return { end: "dropped", queue: rest };
    const { due, off, touched, strangers, more } = await roleChanges(works, turn);
    const refused = await grant(works, turn, due);
    if (refused) return refused;
    if (strangers.length > 0) return notBridged("forbidden", ofStrangers(strangers));
    if (more) return notBridged("forbidden", "by a role you can change the roles of others only.");
    if (off) return notBridged("unsupported", noSuchRole(portal.info?.features.roles ?? []));
    const queue = async (tx: Repositories): Promise<readonly Lane[]> => [
      await queueRoster(box, tx, portal.id),
      ...(await checkLevels(box, tx, portal, touched)),
    ];
    if (due.length > 0) return { end: "delivered", queue };
    return { end: "dropped", queue: Object.keys(touched).length > 0 ? queue : rest };
  };

/** What came meanwhile was not compared, because this one was to be done first. */
const compareRest = async (
  { box }: Works,
  tx: Repositories,
  { portal: { id } }: Turn,
): Promise<readonly Lane[]> =>
  (await levelsOf(tx, id))?.check === undefined ? [] : [await queueRoster(box, tx, id)];

const noSuchRole = (roles: readonly Role[]): string => {
  const known = roles.map((role) => `${role} (${power[role]})`).join(", ");
  return `no role that can be given there has that level. These can: ${known}.`;
};

const ofStrangers = (people: readonly string[]): string => {
  const names = people.slice(0, 3).join(", ");
  const others = people.length > 3 ? " and others" : "";
  return `only who has an account in the chat can have a role, and ${names}${others} has none.`;
};

/** One after the other; how it ends where not all were given. */
const grant = async (
  works: Works,
  turn: Turn,
  due: readonly Due[],
): Promise<Settlement | undefined> => {
  const { portal } = turn;
  const { event } = outPayload(turn.item);
  if (due.length === 0) return undefined;
  if ((portal.info?.features.roles ?? []).length === 0)
    return notBridged("unsupported", refusals.unsupported);
  if ((await loginFor(works, portal, event.sender))?.own !== true)
    return notBridged("forbidden", refusals.forbidden);
  for (const { user, role, login, exact } of due) {
    const change = { user, state: "join", role } as const;
    const end = await setMember(works, turn, { change, ...refusals });
    if (end.end !== "delivered") return end;
    await works.box.store.commit(async (tx) => {
      if (login !== undefined) return putRole(tx, { portal: portal.id, login }, role);
      const now = await tx.roster.get(portal.id, user);
      if (now !== undefined && now.state !== "join") return;
      const row = { ...now, user, state: "join", role } as const;
      await tx.roster.put(portal.id, row, now?.dirty === true || !exact);
    });
  }
  return undefined;
};
