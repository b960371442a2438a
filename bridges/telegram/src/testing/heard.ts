import assert from "node:assert/strict";
import type { GapEvent, HistoryPage, HistoryQuery, RemoteEvent } from "@bridgebox/core/adapter";
import { until, type MemoryHost } from "@bridgebox/core/testing";
import type { Live } from "./login.ts";

/** The words of messages, in order. */
export const textsOf = (events: readonly RemoteEvent[]): readonly string[] =>
  events
    .flatMap((event) => (event.kind === "message" ? event.content.parts : []))
    .flatMap((part) => (part.kind === "text" ? part.text : []))
    .flatMap((block) =>
      block.t === "para"
        ? [block.of.map((each) => (each.t === "text" ? each.text : "")).join("")]
        : [],
    );

/** What was said, in order. */
export const texts = (core: MemoryHost): readonly string[] => textsOf(core.events);

/** Resolves when the login has come back after so many states. */
export const connectedAgain = (live: Live, states: number) =>
  until(
    "reconnecting",
    () => live.core.states.length > states && live.core.states.at(-1)?.state === "connected",
  );

/** What the core would read of that gap, page by page: on from where it begins, or else back to its time. */
export const healed = async (
  { connection }: Live,
  { chat, from, since }: GapEvent,
): Promise<readonly string[]> => {
  assert.ok(from ?? since);
  const direction = from === undefined ? "older" : "newer";
  const said: string[][] = [];
  const begin = { chat, direction, limit: 100, ...(from === undefined ? {} : { from }) } as const;
  for (let page: string | undefined = ""; page !== undefined;) {
    const signal = AbortSignal.timeout(5000);
    const query: HistoryQuery = { ...begin, ...(page === "" ? {} : { page }) };
    const read: HistoryPage | undefined = await connection.history?.(query, signal);
    const events = read?.events.filter(({ at }) => at > (since ?? 0)) ?? [];
    said.push([...textsOf(events)]);
    page = read?.page;
  }
  return (direction === "older" ? said.toReversed() : said).flat();
};

/** The message with that text, as soon as it is heard. */
export const heard = ({ core }: Live, text: string) =>
  core.until(() =>
    core.of("message").find(({ content }) => JSON.stringify(content).includes(`"${text}"`)),
  );

/** Who has reacted to that message, as it was told last. */
export const reactions = ({ core }: Live, id: string) =>
  core.of("reactions").findLast((each) => each.id === id);
