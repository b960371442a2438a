import { firstPart } from "../adapter/index.ts";
import type { StateEvent } from "../adapter/index.ts";
import type { Assertion, Lane, Portal, Repositories } from "../store/types.ts";
import { queueAssertions } from "./assertions.ts";
import type { Works } from "./works.ts";

/** What is pinned in the chat: what differs from what is shown becomes work. */
export const pinned = async (
  works: Works,
  tx: Repositories,
  { portal, event }: { portal: Portal; event: Extract<StateEvent, { kind: "pins" }> },
): Promise<readonly Lane[]> => {
  const rows = await tx.assertions.ofKind(portal.id, "pin");
  const told = new Map<string, boolean>(event.set.map(({ id, on }) => [id, on]));
  const changes: Omit<Assertion, "seq">[] = rows.flatMap((row) => {
    const on = told.get(row.message) ?? (event.complete ? false : undefined);
    const same = on === undefined || on === (row.value !== null);
    return same ? [] : [{ ...row, value: on ? {} : null, dirty: true }];
  });
  const known = new Set<string>(rows.map((row) => row.message));
  for (const { id, on } of event.set) {
    if (!on || known.has(id)) continue;
    changes.push({
      portal: portal.id,
      message: id,
      part: firstPart,
      kind: "pin",
      user: "",
      name: "",
      by: undefined,
      value: {},
      event: undefined,
      room: undefined,
      dirty: true,
      at: event.at,
    });
  }
  const lanes: Lane[] = [];
  for (const change of changes) {
    await tx.assertions.put(change);
    const about = { portal: portal.id, kind: "pin", message: change.message } as const;
    lanes.push(await queueAssertions(works, tx, about));
  }
  return lanes;
};
