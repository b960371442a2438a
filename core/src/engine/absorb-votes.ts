import { firstPart } from "../adapter/index.ts";
import type { Json, StateEvent } from "../adapter/index.ts";
import type { Assertion, Lane, Portal, Repositories } from "../store/types.ts";
import { asJson } from "./as-json.ts";
import { queueAssertions } from "./assertions.ts";
import type { Tally, Vote, Whereabouts } from "./assertions.ts";
import type { Works } from "./works.ts";

interface Told {
  readonly portal: Portal;
  readonly kind: Assertion["kind"];
  readonly user: Assertion["user"];
  readonly value: Json;
}

type About = Pick<Extract<StateEvent, { kind: "votes" }>, "id" | "at">;

/** One thing that is true of a message now; what is so already is nothing. */
const tell = async (
  works: Works,
  tx: Repositories,
  { id, at }: About,
  { portal, kind, user, value }: Told,
): Promise<readonly Lane[]> => {
  const rows = (await tx.assertions.of(portal.id, id)).filter((row) => row.kind === kind);
  const before = rows.find((row) => row.user === user && row.by === undefined);
  const known = before && asJson({ ...objectOf(before.value), shownAt: undefined });
  if (known !== undefined && JSON.stringify(known) === JSON.stringify(value)) return [];
  const shownAt = objectOf(before?.value ?? null)["shownAt"];
  await tx.assertions.put({
    portal: portal.id,
    message: id,
    part: firstPart,
    kind,
    user,
    name: "",
    by: undefined,
    value: asJson({ ...objectOf(value), shownAt }),
    event: before?.event,
    room: before?.room,
    dirty: true,
    at,
  });
  return [await queueAssertions(works, tx, { portal: portal.id, kind, message: id })];
};

const objectOf = (value: Json): { readonly [key: string]: Json } =>
  value !== null && typeof value === "object" && !Array.isArray(value)
    ? (value as { readonly [key: string]: Json })
    : {};

/** Who votes for what in a poll, or, where nobody may know, how many do; and that it is over. */
export const voted = async (
  works: Works,
  tx: Repositories,
  { portal, event }: { portal: Portal; event: Extract<StateEvent, { kind: "votes" }> },
): Promise<readonly Lane[]> => {
  const { voter, options = [], tally, closed } = event;
  const lanes: Lane[] = [];
  if (voter !== undefined && !(await isOurs(tx, { portal, event }))) {
    const value = asJson({ options } satisfies Vote);
    lanes.push(...(await tell(works, tx, event, { portal, kind: "vote", user: voter, value })));
  }
  if (tally !== undefined) {
    const value = asJson({ tally, closed: closed === true } satisfies Tally);
    lanes.push(...(await tell(works, tx, event, { portal, kind: "tally", user: "", value })));
  }
  if (closed === true)
    lanes.push(...(await tell(works, tx, event, { portal, kind: "closed", user: "", value: {} })));
  return lanes;
};

/** A Matrix user votes there by themselves: their own event in the room counts. */
const isOurs = async (
  tx: Repositories,
  { portal, event }: { portal: Portal; event: Extract<StateEvent, { kind: "votes" }> },
): Promise<boolean> =>
  (await tx.assertions.of(portal.id, event.id)).some(
    (row) => row.kind === "vote" && row.user === event.voter && row.by !== undefined,
  );

/** Where somebody who shares it is now. */
export const shared = (
  works: Works,
  tx: Repositories,
  { portal, event }: { portal: Portal; event: Extract<StateEvent, { kind: "location" }> },
): Promise<readonly Lane[]> => {
  const { lat, lon, until } = event;
  const value = asJson({ lat, lon, until } satisfies Whereabouts);
  return tell(works, tx, event, { portal, kind: "place", user: "", value });
};
