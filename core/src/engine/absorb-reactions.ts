import { firstPart } from "../adapter/index.ts";
import type { Reaction, StateEvent } from "../adapter/index.ts";
import { bareEmoji } from "../richtext/index.ts";
import type { Assertion, Lane, Portal, Repositories } from "../store/types.ts";
import { asJson } from "./as-json.ts";
import { queueAssertions } from "./assertions.ts";
import type { Works } from "./works.ts";

type Reactions = Extract<StateEvent, { kind: "reactions" }>;

/** More of them on one message are not shown. */
const most = 500;
/** A list that the network made before it saw what was done here says nothing about that. */
const settling = 10_000;

/** Who reacts to a message, as the network tells: what differs from what is shown becomes work. */
export const reacted = async (
  works: Works,
  tx: Repositories,
  { portal, event }: { portal: Portal; event: Reactions },
): Promise<readonly Lane[]> => {
  const part = event.part ?? firstPart;
  const now = works.box.clock.now();
  const rows = (await tx.assertions.of(portal.id, event.id)).filter(
    (row) => row.kind === "reaction" && (event.part === undefined || row.part === part),
  );
  const told = newest(event.set);
  const changes: Omit<Assertion, "seq">[] = [];
  for (const row of rows) {
    const says = told.get(placeOf(row.user, row.name))?.on ?? saidByAbsence(event, row);
    const young = row.by !== undefined && now - row.at < settling;
    if (says === false && row.value !== null && !young)
      changes.push({ ...row, value: null, dirty: true });
    if (says === true && row.value === null && row.by === undefined)
      changes.push({ ...row, value: factsOf(told.get(placeOf(row.user, row.name))), dirty: true });
  }
  const free = (row: Assertion): boolean => isOver(row) && now - row.at >= settling;
  const known = new Set(rows.flatMap((row) => (free(row) ? [] : [placeOf(row.user, row.name)])));
  for (const [place, reaction] of told) {
    if (!reaction.on || known.has(place) || rows.length + changes.length >= most) continue;
    changes.push({
      portal: portal.id,
      message: event.id,
      part,
      kind: "reaction",
      user: reaction.user,
      name: nameOf(reaction),
      by: undefined,
      value: factsOf(reaction),
      event: undefined,
      room: undefined,
      dirty: true,
      at: reaction.at ?? event.at,
    });
  }
  for (const change of changes) await tx.assertions.put(change);
  if (changes.length === 0) return [];
  return [
    await queueAssertions(works, tx, { portal: portal.id, kind: "reaction", message: event.id }),
  ];
};

/** A Matrix user's reaction that is taken back leaves its place, after a while, to whoever else has it. */
const isOver = (row: Assertion): boolean => row.by !== undefined && row.value === null;

const placeOf = (user: string, name: string): string => JSON.stringify([user, name]);

/** What a reaction is known by: networks differ in how they write the same emoji. */
export const nameOf = ({ emoji, custom }: Pick<Reaction, "emoji" | "custom">): string =>
  custom === undefined ? bareEmoji(emoji) : emoji;

const factsOf = (reaction: Reaction | undefined): Assertion["value"] =>
  reaction?.custom === undefined ? {} : asJson({ custom: reaction.custom });

const newest = (set: readonly Reaction[]): ReadonlyMap<string, Reaction> =>
  new Map(set.map((reaction) => [placeOf(reaction.user, nameOf(reaction)), reaction]));

/** Whether a list that leaves it out says that it is gone. */
const saidByAbsence = (event: Reactions, row: Assertion): false | undefined => {
  if (event.complete === "all") return false;
  const named = event.set.some(({ user }) => user === row.user);
  return event.complete === "user" && named ? false : undefined;
};
