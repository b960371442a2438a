import type { Command } from "./command.ts";

/** All commands that this person may use. */
export const helpText = (
  commands: readonly Command[],
  may: (level: Command["needs"]) => boolean,
): string =>
  [
    "I bridge chats of other networks into Matrix. You can tell me:",
    ...commands
      .filter((command) => may(command.needs))
      .map(({ name, args, says }) => `  ${name}${args === "" ? "" : ` ${args}`} – ${says}`),
    "In a bridged room put !bridgebox before a command.",
  ].join("\n");
