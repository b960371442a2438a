import type { ChatRef, Json, LoginId, Millis, OwnChat, StateEvent } from "../adapter/index.ts";
import type { Lane, Portal, PortalId, Repositories } from "../store/types.ts";
import type { Box } from "./box.ts";
import { ownLane } from "./control.ts";

/** What only one account sees of a chat, by its login, then by portal. */
const scopeOf = (login: LoginId): string => `own:${login}`;

/** How a chat is to its account. Absent: not known. */
export interface OwnView {
  /** Until when nothing of it makes a sound: `0` for not, `"ever"`. */
  readonly muted?: Millis | "ever";
  readonly favourite?: boolean;
  readonly low?: boolean;
  readonly unread?: boolean;
}

/** The same as it was set on Matrix, and in which room. */
export interface ShownView extends Omit<OwnView, "muted"> {
  readonly room: string;
  readonly muted?: boolean;
  readonly direct?: boolean;
}

export interface OwnState {
  readonly is: OwnView;
  readonly shown?: ShownView;
}

/** One chat of one login. */
export interface OwnPlace {
  readonly portal: PortalId;
  readonly login: LoginId;
}

export const ownStateOf = async (
  tx: Repositories,
  { portal, login }: OwnPlace,
): Promise<OwnState | undefined> => {
  const stored = await tx.keys.get(scopeOf(login), String(portal));
  return stored as OwnState | undefined;
};

export const putOwnState = (
  tx: Repositories,
  { portal, login }: OwnPlace,
  state: OwnState,
): Promise<void> => tx.keys.set(scopeOf(login), String(portal), state as unknown as Json, false);

/** Nothing is known of that login's chats any more. */
export const forgetOwn = (tx: Repositories, login: LoginId): Promise<void> =>
  tx.keys.forgetScope(scopeOf(login));

/** In the commit that ends a portal, of each of its accounts. */
export const forgetPlace = (tx: Repositories, { portal, login }: OwnPlace): Promise<void> =>
  tx.keys.set(scopeOf(login), String(portal), null, false);

type Told = Extract<StateEvent, { kind: "unread" | "mute" | "tag" }>;

const viewIn = (event: Told): OwnView => {
  switch (event.kind) {
    case "unread":
      return { unread: event.marked };
    case "mute":
      return { muted: event.until ?? 0 };
    case "tag":
      return event.tag === "favourite" ? { favourite: event.on } : { low: event.on };
    default:
      return event satisfies never;
  }
};

/** What a list of chats tells, as a view. */
export const viewOf = ({ muted, unread, tags }: OwnChat): OwnView => ({
  ...(muted === undefined ? {} : { muted: muted ?? 0 }),
  ...(unread === undefined ? {} : { unread }),
  ...(tags === undefined
    ? {}
    : {
        favourite: tags.includes("favourite"),
        low: tags.includes("low") || tags.includes("archive"),
      }),
});

/** In the caller's commit: what a network tells of how an account sees a chat. */
export const ownChanged = async (
  box: Box,
  tx: Repositories,
  { portal, event }: { readonly portal: Portal; readonly event: Told },
): Promise<readonly Lane[]> => {
  const owner = (await tx.logins.get(event.login))?.owner;
  if (owner === undefined) return [];
  return noteOwn(box, tx, { portal, login: event.login, view: viewIn(event) });
};

/** In the caller's commit: nothing where it was known already. */
export const noteOwn = async (
  box: Box,
  tx: Repositories,
  { portal, login, view }: { portal: Portal; login: LoginId; view: OwnView },
): Promise<readonly Lane[]> => {
  const place = { portal: portal.id, login };
  const before = await ownStateOf(tx, place);
  const is = { ...before?.is, ...view };
  if (JSON.stringify(is) === JSON.stringify(before?.is)) return [];
  await putOwnState(tx, place, { ...before, is });
  return portal.room === undefined ? [] : [await queueOwn(box, tx, place)];
};

/** By which what waits for the end of a mute is woken. */
export const ownKey = ({ portal, login }: OwnPlace): string => `own:${portal}:${login}`;

/** In the caller's commit: one item for each at a time; what it sets is read when its turn comes. */
export const queueOwn = async (box: Box, tx: Repositories, place: OwnPlace): Promise<Lane> => {
  const { portal, login } = place;
  const lane = ownLane(login);
  const origin = ownKey(place);
  const key = box.keyOf(lane.portal, origin, "");
  await tx.items.wake(origin);
  if (!(await tx.items.byKey(key)))
    await tx.items.add({
      lane,
      rank: 1,
      origin,
      kind: "ownChat",
      payload: { portal, login },
      at: box.clock.now(),
      key,
    });
  return lane;
};

/** In the caller's commit, for a chat that has a room now: what is known of it, and that it is with one person. */
export const queueOwnOf = async (
  box: Box,
  tx: Repositories,
  { portal, logins }: { readonly portal: Portal; readonly logins: readonly LoginId[] },
): Promise<readonly Lane[]> => {
  const lanes: Lane[] = [];
  for (const login of logins) {
    const place = { portal: portal.id, login };
    const direct = portal.info?.kind === "dm";
    if (direct || (await ownStateOf(tx, place)) !== undefined)
      lanes.push(await queueOwn(box, tx, place));
  }
  return lanes;
};

/** Everybody who sees that chat as theirs. */
export const ownersOf = (chat: ChatRef, logins: readonly LoginId[]): readonly LoginId[] => [
  ...new Set(chat.receiver === undefined ? logins : [...logins, chat.receiver]),
];
