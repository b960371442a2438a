import { BridgeError } from "@bridgebox/core/adapter";
import type { Ending, Whose } from "./errors.ts";

const ending = (
  code: "auth" | "network" | "timeout",
  sentence: string,
  again: Ending["again"],
): Ending => ({
  error: new BridgeError(code, `Not logged in to IRC – ${sentence}`, {
    reached: "no",
    scope: "login",
  }),
  again,
});

const where = (whose: Whose): string =>
  whose === "config"
    ? "Check services in the config"
    : "If it stays so, ask the admin of this box to check services in the config";

/** The server knows nobody at that address: they are away, or it is not theirs. */
export const servicesAway = (address: string, said: string, whose: Whose): Ending =>
  ending(
    "network",
    `the services are not there: of ${address} the server says "${said}". It is tried again by itself. ${where(whose)}.`,
    "seldom",
  );

/** Nothing they said could be taken for yes or no; `said` is the last of it. */
export const servicesSilent = (address: string, said: string | undefined, whose: Whose): Ending => {
  const what =
    said === undefined
      ? "did not answer"
      : `neither took the account nor refused it, and said "${said}"`;
  return ending(
    "timeout",
    `the services at ${address} ${what}. It is tried again by itself. ${where(whose)}.`,
    "seldom",
  );
};

/** Servers take SASL back while their services are away; this one had it. */
export const saslAway = (): Ending =>
  ending(
    "network",
    "the server offers no SASL now, as it does while its services are away. It is tried again by itself.",
    "seldom",
  );
