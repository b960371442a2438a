import type { RemoteEvent } from "@bridgebox/core/adapter";
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
