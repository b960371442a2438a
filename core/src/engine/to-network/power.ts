import type { Role } from "../../adapter/index.ts";
import type { MatrixEvent } from "../../matrix/types.ts";
import type { RosterRow } from "../../store/types.ts";
import { roleAt, usersOf } from "../levels.ts";
import { outPayload } from "../sent-row.ts";
import type { Handler, Turn } from "../turn.ts";
import type { Works } from "../works.ts";
import { object } from "./content.ts";
import { setMember } from "./member.ts";

/** Whose level in a room that the box made crossed the mark of a role has that role in the chat too. */
export const powerToNetwork =
  (works: Works): Handler =>
  async (turn) => {
    const { portal } = turn;
    const roles = portal.info?.features.roles ?? [];
    const shared = (await works.portals.ofRoom(turn.portal.room ?? "")).filter((one) => !one.dead);
    if (roles.length === 0 || shared.length > 1 || portal.origin === "plumbed")
      return { end: "dropped" };
    const due = await changes(works, turn, roles);
    let end: Awaited<ReturnType<Handler>> = { end: "dropped" };
    for (const { row, role } of due) {
      end = await setMember(works, turn, {
        change: { user: row.user, state: "join", role },
        forbidden: "only who is logged in there can change what people may do there.",
        unsupported: "nobody's role can be changed there from here.",
      });
      if (end.end !== "delivered") return end;
      await works.box.store.commit(async (tx) => {
        const now = await tx.roster.get(portal.id, row.user);
        if (now?.state === "join") await tx.roster.put(portal.id, { ...now, role }, now.dirty);
      });
    }
    return end;
  };

/** Nothing is asked for twice: who has the role there already, by us or by others, is passed over. */
const changes = async (
  { box, ghosts }: Works,
  turn: Turn,
  roles: readonly Role[],
): Promise<readonly { readonly row: RosterRow; readonly role: Role }[]> => {
  const { event } = outPayload(turn.item);
  const now = usersOf(event.content["users"]);
  const before = levelsBefore(event);
  const due: { row: RosterRow; role: Role }[] = [];
  for (const mxid of new Set([...Object.keys(now), ...Object.keys(before ?? {})])) {
    const role = roleAt(now[mxid] ?? 0, roles);
    if (before && roleAt(before[mxid] ?? 0, roles) === role) continue;
    const ghost = await ghosts.byMxid(mxid);
    if (ghost?.network !== turn.portal.network) continue;
    const row = await box.store.read.roster.get(turn.portal.id, ghost.user);
    if (row?.state === "join" && (row.role ?? "member") !== role) due.push({ row, role });
  }
  return due;
};

/** Where the homeserver does not tell them, only whoever is named now is looked at. */
const levelsBefore = ({ unsigned }: MatrixEvent): Record<string, number> | undefined => {
  const content = object(unsigned?.["prev_content"]);
  return content && usersOf(content["users"]);
};
