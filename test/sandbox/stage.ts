import { randomBytes } from "node:crypto";
import { BoxProcess } from "./box-process.ts";
import { followBox, type BoxNews } from "./box-status.ts";
import { Burst } from "./burst.ts";
import { assemble, type Cast } from "./cast.ts";
import { Controls, type Act } from "./controls.ts";
import type { ClientEvent } from "./homeserver/index.ts";
import { Hub } from "./hub.ts";
import { Links } from "./links.ts";
import type { PageServerOptions } from "./page-server.ts";
import { matrixSide } from "./places/matrix.ts";
import type { Side } from "./places/place.ts";
import { pageState } from "./page-state.ts";
import { Presence } from "./presence.ts";
import { roomsOf } from "./rooms.ts";
import { Scene } from "./scene.ts";
import { speak, type Words } from "./speak.ts";
import { welcome } from "./welcome.ts";
import { Refusal, type News } from "./types.ts";
import { judge } from "./verdict.ts";
import { watch } from "./witness.ts";

export interface StageOptions {
  readonly dir: string;
  readonly signal: AbortSignal;
}

/** What the page server needs, and the end of it. */
export interface Stage {
  all(): readonly News[];
  subscribe(listener: (news: readonly News[]) => void): () => void;
  do(words: Words): Promise<void>;
  picture: PageServerOptions["picture"];
  act(act: Act): Promise<void>;
  close(): Promise<void>;
}

const judgeEveryMs = 500;

/** Opens everything but the page, and starts the box. */
export const openStage = async ({ dir, signal }: StageOptions): Promise<Stage> => {
  const cast = await assemble(dir);
  const ending = new AbortController();
  const hub = new Hub();
  const matrix = matrixSide(cast, (room) => presence.matrixRooms.get(room));
  const sides: readonly Side[] = [matrix, ...cast.places.all];
  const rooms = roomsOf(sides);
  const scene = new Scene(hub, rooms);
  const adminToken = randomBytes(24).toString("base64url");
  const process = new BoxProcess({
    dir,
    adminToken,
    changed: (what) => {
      if (what === "died") hub.happened(`The box is down: ${process.why ?? "it ended"}`);
      hub.stateChanged();
    },
  });
  const links = new Links(process, cast.places.all);
  const controls = new Controls({ cast, process, hub });
  const homeserverStopped = (): boolean => controls.homeserverStopped;
  const presence = new Presence({ cast, links, rooms, homeserverStopped });
  const parts = { cast, rooms, scene, links, process, presence, controls };
  let burst: Burst | undefined;
  const state = (): News => ({
    what: "state",
    state: pageState({ ...parts, run: burst?.view() }),
  });
  hub.stateFrom(state);

  const unwatch = watch(sides, cast.places.all, {
    heard: (heard) => {
      if (heard.how === "said") presence.note(heard);
      scene.hear(heard);
    },
    changed: (heard) => scene.change(heard),
    relay: (room, there) => presence.relay(room, there),
  });
  const uninvite = cast.homeserver.onEvent((event) => {
    if (isInvitation(event, cast.ana.userId))
      void acceptInvite({ cast, presence, hub }, event.room_id);
  });
  const tell = (news: BoxNews): void => {
    const before = links.summary();
    links.take(news);
    if (news.what === "outcome") scene.outcome(news.outcome);
    for (const change of links.changes(before)) hub.happened(change);
    hub.stateChanged();
  };
  const following = followBox({ url: cast.boxUrl, token: adminToken, signal: ending.signal, tell });
  process.start();
  const judging = setInterval(() => {
    const calmSince = presence.calm(scene.changedAt);
    const { absences, early } = presence;
    const facts = { calmSince, now: Date.now(), absences, early };
    for (const verdict of judge(scene.open(), facts)) {
      if (verdict.is === "lost") scene.giveUp(verdict.id);
      else scene.excuse(verdict.id, verdict.why);
    }
  }, judgeEveryMs);
  const welcoming = welcome({ cast, links, presence, hub, signal: ending.signal });

  const act = async (words: Words): Promise<void> => {
    await presence.entered(words.room);
    await speak(sides, words);
  };
  const close = async (): Promise<void> => {
    if (ending.signal.aborted) return;
    ending.abort();
    clearInterval(judging);
    unwatch();
    uninvite();
    await process.close();
    await Promise.all([following, welcoming]);
    hub.close();
    await cast.close();
  };
  signal.addEventListener("abort", () => void close(), { once: true });

  return {
    all: () => [...scene.all(), ...hub.log, state()],
    subscribe: (listener) => hub.subscribe(listener),
    do: act,
    picture: (side, id) => sides.find((one) => one.id === side)?.picture?.(id),
    act: async (wanted) => {
      if (wanted.what === "cancel-300") return burst?.cancel();
      if (wanted.what !== "send-300") return controls.act(wanted);
      if (burst?.view().going) {
        throw new Refusal("Not sent – 300 lines are on their way already – wait or cancel them.");
      }
      hub.happened("300 lines are being sent, as many from each side");
      burst = new Burst({
        scene,
        do: act,
        speakers: rooms
          .view("lobby")
          .sides.map(({ id, speakers: [as = ""] }) => ({ side: id, as })),
        able: (side) => presence.able(side),
        changed: () => hub.stateChanged(),
        signal: ending.signal,
      });
      void burst.run();
    },
    close,
  };
};

interface Invitation {
  readonly cast: Cast;
  readonly presence: Presence;
  readonly hub: Hub;
}

const isInvitation = ({ type, state_key: who, content }: ClientEvent, userId: string): boolean =>
  type === "m.room.member" && who === userId && content["membership"] === "invite";

/** Ana goes wherever the box invites her; a room in which Bob is is the one with him. */
const acceptInvite = async (
  { cast, presence, hub }: Invitation,
  matrixRoom: string,
): Promise<void> => {
  const joined = await cast.ana.join(matrixRoom).catch(() => undefined);
  if (joined === undefined || presence.matrixRooms.has("bob")) return;
  const { timeline } = cast.homeserver.room(matrixRoom);
  const named = ({ type, content }: (typeof timeline)[number]): boolean =>
    (type === "m.room.member" && content["displayname"] === "Bob") ||
    (type === "m.room.name" && content["name"] === "Bob");
  if (!timeline.some(named)) return;
  presence.opened("bob", matrixRoom);
  hub.happened("Bob wrote to Ana on Telegram: there is a room for it now");
  hub.stateChanged();
};
