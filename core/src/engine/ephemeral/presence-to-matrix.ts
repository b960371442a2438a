import type { Millis, Signal } from "../../adapter/index.ts";
import type { LiveNetwork } from "../box.ts";
import type { Works } from "../works.ts";
import { Latest } from "./latest.ts";
import { quietly } from "./quietly.ts";

type Presence = Extract<Signal, { kind: "presence" }>;

interface Known {
  readonly mxid: string;
  readonly state: "online" | "unavailable";
  readonly text: string | undefined;
}

/** A person who flaps costs one call in that time, in milliseconds. */
const wait: Millis = 3000;
const mostWaiting = 500;
/** Homeservers show somebody as gone who has not said otherwise for half a minute. */
const againEvery: Millis = 25_000;
/** So that presence is never a load: of those who are there, so many are kept shown, the latest. */
const mostKept = 50;
/** No line of a profile is longer. */
const longestText = 200;

const states = { online: "online", away: "unavailable", offline: "offline" } as const;

/**
 * Who is there, away or gone on a network, as their ghost's presence (spec: Client-Server API,
 * "Presence"): throttled, bounded, and after everything else that has to be told to the homeserver.
 */
export const presenceToMatrix = (works: Works): ((live: LiveNetwork, event: Presence) => void) => {
  const { box, ghosts } = works;
  const { clock, signal } = box;
  const kept = new Map<string, Known>();
  let keeping = false;

  const tell = async (
    { mxid, text }: Omit<Known, "state">,
    state: (typeof states)[keyof typeof states],
  ): Promise<void> => {
    if (box.homeserverGate.closure) return;
    const call = { class: "roster", as: mxid, signal } as const;
    await quietly(box, "Presence", box.homeserver.setPresence(mxid, { state, text }, call));
  };

  const keep = async (): Promise<void> => {
    if (keeping) return;
    keeping = true;
    while (kept.size > 0 && !signal.aborted) {
      await clock.sleep(againEvery, signal);
      for (const known of kept.values()) if (!signal.aborted) await tell(known, known.state);
    }
    keeping = false;
  };

  const show = async (live: LiveNetwork, event: Presence): Promise<void> => {
    const { mxid, registered } = await ghosts.get(live.settings.id, event.user);
    if (!registered) return;
    const state = states[event.state];
    const text = event.text === undefined ? undefined : event.text.slice(0, longestText);
    const before = kept.get(mxid);
    kept.delete(mxid);
    if (state === "offline" ? before === undefined : isSame(before, { state, text })) {
      if (before) kept.set(mxid, before);
      return;
    }
    if (state !== "offline") {
      const [oldest] = kept.keys();
      if (kept.size >= mostKept && oldest !== undefined) kept.delete(oldest);
      kept.set(mxid, { mxid, state, text });
      void keep();
    }
    await tell({ mxid, text }, state);
  };

  const latest = new Latest<{ readonly live: LiveNetwork; readonly event: Presence }>({
    clock,
    signal,
    wait,
    most: mostWaiting,
    work: ({ live, event }) => quietly(box, "Presence", show(live, event)),
  });
  return (live, event) =>
    latest.set(JSON.stringify([live.settings.id, event.user]), { live, event });
};

const isSame = (before: Known | undefined, now: Pick<Known, "state" | "text">): boolean =>
  before?.state === now.state && before.text === now.text;
