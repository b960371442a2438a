import type { NetworkId } from "../adapter/index.ts";
import type { Engine } from "../engine/index.ts";
import { sections } from "./command.ts";
import type { Command } from "./command.ts";

interface Reader {
  readonly may: (level: Command["needs"]) => boolean;
  readonly networks: readonly NetworkId[];
}

const lineOf = ({ name, args, says }: Command): string =>
  `  ${name}${args === "" ? "" : ` ${args}`} – ${says}`;

/** Whoever says nothing is told this too. */
export const help: Command = {
  name: "help",
  section: "box",
  args: "[command]",
  says: "tells what you can say, or what one command does",
  needs: "commands",
  again: true,
  run: ({ help: tell, args }) => Promise.resolve(tell(args[0])),
};

/** All commands that this person may use, by section. */
export const helpText = (commands: readonly Command[], { may, networks }: Reader): string => {
  const parts = Object.entries(sections).flatMap(([section, title]) => {
    const own = commands.filter((one) => one.section === section && may(one.needs));
    return own.length === 0 ? [] : [`${title}:`, ...own.map(lineOf)];
  });
  return [
    "I bridge chats of other networks into Matrix. You can tell me:",
    ...parts,
    `In a bridged room put !bridgebox before a command.${shorter(networks)}`,
    "help <command> tells more of one.",
  ].join("\n");
};

const shorter = ([some, ...more]: readonly NetworkId[]): string => {
  if (some === undefined) return "";
  if (more.length === 0)
    return ` !${some} does the same: !${some} join <chat>. As ${some} is the only network here, <network> may be left out.`;
  const all = [some, ...more].map((id) => `!${id}`).join(", ");
  return ` ${all} do the same and name the network: !${some} join <chat>.`;
};

/** One command alone. */
export const helpOf = (command: Command, engine: Engine): string => {
  const { also = [], needs } = command;
  const others = also.length === 0 ? "" : `\nAlso: ${also.join(", ")}.`;
  const who = { commands: "", user: " It takes the right to log in.", admin: " For admins." }[
    needs
  ];
  const more = command.more?.(engine).map((line) => `\n${line}`) ?? [];
  return `${lineOf(command).trim()}.${who}${others}${more.join("")}`;
};
