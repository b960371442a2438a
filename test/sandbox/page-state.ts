import type { BoxProcess } from "./box-process.ts";
import type { Cast } from "./cast.ts";
import { breaksOf, type Controls } from "./controls.ts";
import type { Links } from "./links.ts";
import type { Presence } from "./presence.ts";
import type { Rooms } from "./rooms.ts";
import type { Scene } from "./scene.ts";
import type { Link, PageState, Run } from "./types.ts";

export interface StateParts {
  readonly cast: Cast;
  readonly rooms: Rooms;
  readonly scene: Scene;
  readonly links: Links;
  readonly process: BoxProcess;
  readonly presence: Presence;
  readonly controls: Controls;
  readonly run: Run | undefined;
}

/** One picture of everything but the lines. */
export const pageState = (parts: StateParts): PageState => {
  const { cast, scene, links, process, presence, controls, run } = parts;
  const stopped = { homeserver: controls.homeserverStopped };
  const rooms = [...presence.matrixRooms.keys()].map((room) => parts.rooms.view(room));
  const homeserver: Link = stopped.homeserver
    ? { state: "off", since: 0, why: "It was stopped by you." }
    : { state: "connected", since: 0, why: null };
  return {
    homeserver: { ...homeserver, queue: links.queue("matrix") ?? scene.missing("matrix") },
    box: { ...links.box(), restarts: process.restarts, log: process.lastWords },
    networks: cast.places.all.map((place) => ({
      ...links.network(place.id),
      id: place.id,
      name: place.name,
      queue: links.queue(place.id) ?? scene.missing(place.id),
      breaks: breaksOf(place),
    })),
    rooms,
    counts: scene.counts(),
    run: run ?? null,
    stopped,
    waitingAtHomeserver: cast.homeserver.outbox().waiting,
  };
};
