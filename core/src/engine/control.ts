import type { NetworkId } from "../adapter/index.ts";
import type { Lane, PortalId } from "../store/types.ts";

/** How many lanes the work that belongs to no portal is spread over. */
const controlLanes = 64;
/** Lanes for pictures alone, beyond those: a slow file holds up no command. */
const pictureLanes = 16;
/** Lanes for spaces, beyond those: a network that does not tell of them holds up nothing else. */
const spaceLanes = 16;

/** Lanes for answers to people of networks, beyond those: a network that is away holds up no command. */
const asideLanes = 16;

/** Lanes in which people and ghosts are brought out of rooms, beyond those: a room of thousands holds up no command. */
const clearLanes = 16;

/** Control lanes have negative numbers, so that they never meet a portal's. */
const controlLane = (text: string): Lane => laneIn(text, { from: -1, count: controlLanes });

const laneIn = (text: string, { from, count }: { from: number; count: number }): Lane => {
  let sum = 7;
  for (const char of text) sum = (Math.imul(sum, 31) + (char.codePointAt(0) ?? 0)) | 0;
  const portal = from - ((sum >>> 0) % count);
  return { portal: portal as PortalId, direction: "in" };
};

/** Invitations and commands of one room are done in order. */
export const roomLane = (room: string): Lane => controlLane(room);

/** What the bot says to one person by itself is said in order. */
export const talkLane = (user: string): Lane => controlLane(`onboard ${user}`);

/** Changes of one person's profile are done in order. */
export const profileLane = (network: NetworkId, user: string): Lane =>
  controlLane(`${network} ${user}`);

/** How a person sees the chats of a login is set in order. */
export const ownLane = (login: string): Lane => controlLane(`own ${login}`);

/** Pictures of one person or room are done in order. */
export const pictureLane = (whose: string): Lane =>
  laneIn(whose, { from: -1 - controlLanes, count: pictureLanes });

/** Where a room stands, and how a space looks, is seen to in order. */
export const spaceLane = (room: string): Lane =>
  laneIn(room, { from: -1 - controlLanes - pictureLanes, count: spaceLanes });

/** What the box says to one person of a network is said in order. */
export const asideLane = (network: NetworkId, to: string): Lane =>
  laneIn(`${network} ${to}`, {
    from: -1 - controlLanes - pictureLanes - spaceLanes,
    count: asideLanes,
  });

/** Whoever is to go from one room goes in order. */
export const clearLane = (room: string): Lane =>
  laneIn(room, {
    from: -1 - controlLanes - pictureLanes - spaceLanes - asideLanes,
    count: clearLanes,
  });

export const isControl = (lane: Lane): boolean => lane.portal < 0;
