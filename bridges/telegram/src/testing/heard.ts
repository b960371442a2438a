import { until, type MemoryHost } from "@bridgebox/core/testing";
import type { Live } from "./login.ts";

/** What was said, in order. */
export const texts = (core: MemoryHost): readonly string[] =>
  core
    .of("message")
    .flatMap(({ content: { parts } }) =>
      parts.flatMap((part) =>
        part.kind === "text"
          ? part.text.flatMap((block) =>
              block.t === "para"
                ? [block.of.map((each) => (each.t === "text" ? each.text : "")).join("")]
                : [],
            )
          : [],
      ),
    );

/** Resolves when the login has come back after so many states. */
export const connectedAgain = (live: Live, states: number) =>
  until(
    "reconnecting",
    () => live.core.states.length > states && live.core.states.at(-1)?.state === "connected",
  );
