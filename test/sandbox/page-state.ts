import type { BoxProcess } from "./box-process.ts";
import type { Cast } from "./cast.ts";
import type { Controls } from "./controls.ts";
import type { Links } from "./links.ts";
import type { Presence } from "./presence.ts";
import { sideNames, viewOf } from "./rooms.ts";
import type { Scene } from "./scene.ts";
import type { Link, PageState, Run } from "./types.ts";

export interface StateParts {
  readonly cast: Cast;
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
  const { stopped } = controls;
  const rooms = [...presence.matrixRooms.keys()].map(viewOf);
  const homeserver: Link = stopped.homeserver
    ? { state: "off", since: 0, why: "It was stopped by you." }
    : { state: "connected", since: 0, why: null };
  return {
    homeserver: { ...homeserver, queue: links.queue("matrix") ?? scene.missing("matrix") },
    box: { ...links.box(), restarts: process.restarts, log: process.lastWords },
    networks: (["irc", "telegram"] as const).map((id) => ({
      ...links.network(id),
      id,
      name: sideNames[id],
      queue: links.queue(id) ?? scene.missing(id),
    })),
    rooms,
    counts: scene.counts(),
    run: run ?? null,
    stopped: { ...stopped },
    waitingAtHomeserver: cast.homeserver.outbox().waiting,
  };
};
