import type { Command } from "../../core/src/commands/command.ts";

import { page, table } from "./table.ts";

const may = {
  commands: "everybody who may talk to the bot",
  user: "users",
  admin: "admins",
} as const satisfies Record<Command["needs"], string>;

const head = `# Commands

This page is made from the commands themselves, and a test pins it. Say them to the bot in a room where the two
of you are alone, or with \`!bridgebox\` before them in a bridged room. \`help\` lists those that you may use; a
name that does not exist is answered with the nearest one. What the names of networks are, \`help\` of your box
and its config say; \`<…>\` is needed, \`[…]\` may be left out.
Where your box has one network only, \`<network>\` may be left out as well: \`join #lobby\`.

Who may do what stands in the config, under [\`permissions\`](config.md#permissions).
`;

/** `docs/commands.md`: every command, from the table by which the bot finds them. */
export const commandReference = (commands: readonly Command[]): string =>
  page([
    head,
    ...table(
      ["say", "what it does", "who may"],
      commands.map(({ name, also = [], args, says, needs }) => [
        `\`${[name, args].filter(Boolean).join(" ")}\``,
        `${says}${also.length === 0 ? "" : `; also ${also.map((it) => `\`${it}\``).join(", ")}`}`,
        may[needs],
      ]),
    ),
  ]);
