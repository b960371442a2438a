import type { LoginId, Millis, Signal } from "../../adapter/index.ts";
import type { LiveNetwork } from "../box.ts";
import type { Works } from "../works.ts";
import { Latest } from "./latest.ts";
import { quietly } from "./quietly.ts";

type Presence = Extract<Signal, { kind: "presence" }>;

interface Shown {
  readonly mxid: string;
  readonly text: string | undefined;
}

interface Known extends Shown {
  readonly state: "online" | "unavailable";
  readonly live: LiveNetwork;
  /** The logins that told of it. */
  readonly by: ReadonlySet<LoginId>;
}

/** What a network told, and those of its logins that heard it. */
interface Heard {
  readonly live: LiveNetwork;
  readonly event: Presence;
  readonly seenBy: readonly LoginId[];
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
export const presenceToMatrix = (works: Works): ((heard: Heard) => void) => {
  const { box, ghosts } = works;
  const { clock, signal } = box;
  const kept = new Map<string, Known>();
  let keeping = false;

  const tell = async (
    { mxid, text }: Shown,
    state: (typeof states)[keyof typeof states],
  ): Promise<void> => {
    if (box.homeserverGate.closure) return;
    const call = { class: "roster", as: mxid, signal } as const;
    await quietly(box, "Presence", box.homeserver.setPresence(mxid, { state, text }, call));
  };

  /** Of whom nobody tells now is not said anything: if that lasts, homeservers show them as gone. */
  const keepOne = async (known: Known): Promise<void> => {
    const told = standingOf(known);
    if (told === "now") return tell(known, known.state);
    if (told === "later" || box.homeserverGate.closure) return;
    if (kept.get(known.mxid) === known) kept.delete(known.mxid);
    await tell({ mxid: known.mxid, text: undefined }, "offline");
  };

  const keep = async (): Promise<void> => {
    if (keeping) return;
    keeping = true;
    while (kept.size > 0 && !signal.aborted) {
      await clock.sleep(againEvery, signal);
      for (const known of kept.values()) if (!signal.aborted) await keepOne(known);
    }
    keeping = false;
  };

  const show = async ({ live, event, seenBy }: Heard): Promise<void> => {
    const { mxid, registered } = await ghosts.get(live.settings.id, event.user);
    if (!registered) return;
    const state = states[event.state];
    const text = event.text === undefined ? undefined : event.text.slice(0, longestText);
    const before = kept.get(mxid);
    kept.delete(mxid);
    if (state === "offline") {
      if (before) await tell({ mxid, text }, state);
      return;
    }
    const there = [...(before?.by ?? []), ...seenBy].filter((id) => live.logins.has(id));
    const [oldest] = kept.keys();
    if (kept.size >= mostKept && oldest !== undefined) kept.delete(oldest);
    kept.set(mxid, { mxid, state, text, live, by: new Set(there) });
    void keep();
    if (!isSame(before, { state, text })) await tell({ mxid, text }, state);
  };

  const latest = new Latest<Heard>({
    clock,
    signal,
    wait,
    most: mostWaiting,
    work: (heard) => quietly(box, "Presence", show(heard)),
  });
  return (heard) => latest.set(JSON.stringify([heard.live.settings.id, heard.event.user]), heard);
};

/** `over`: no login is left, or none will come back by itself, that could tell when somebody goes. */
const standingOf = ({ live, by }: Known): "now" | "later" | "over" => {
  const ids = by.size === 0 ? [...live.logins.keys()] : [...by];
  const states = ids.map((id) => live.logins.get(id)?.state ?? "logged-out");
  if (states.includes("connected")) return "now";
  const isOver = states.every((state) => state === "logged-out" || state === "needs-login");
  return isOver ? "over" : "later";
};

const isSame = (before: Known | undefined, now: Pick<Known, "state" | "text">): boolean =>
  before?.state === now.state && before.text === now.text;
