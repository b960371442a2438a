import type { Asked, Command } from "./command.ts";

/** What an admin does for somebody is in the log: who, for whom, what; nothing of what else they wrote. */
const act = (
  { engine, actor, sender, room, args, pass, isCommand }: Asked,
  to: { readonly sender?: string; readonly room?: string },
): Promise<string> | string => {
  if (actor !== undefined) return "Nothing was done: say sudo and doin only once each, sudo first.";
  const [, command = "help", ...words] = args;
  engine.works.box.log.info("An admin acts for somebody", {
    admin: sender,
    as: to.sender ?? sender,
    room: to.room ?? room,
    // What is no command may be anything, also a secret.
    command: isCommand(command) ? command : "unknown",
  });
  return pass([command, ...words].join(" "), to);
};

const example = (name: string, what: string): string =>
  `Nothing was done: say ${name} ${what} and then a command.`;

/** The levels and logins of that person count, not the admin's. */
export const sudo: Command = {
  name: "sudo",
  section: "admins",
  again: true,
  passes: true,
  args: "<user id> <command …>",
  says: "does a command as that person would, with what they may do",
  needs: "admin",
  run: async (asked) => {
    const [sender] = asked.args;
    if (sender === undefined || !/^@[^\s:]+:\S+$/.test(sender))
      return example("sudo", "@somebody:server");
    return act(asked, { sender });
  },
};

export const doin: Command = {
  name: "doin",
  section: "admins",
  again: true,
  passes: true,
  args: "<room id> <command …>",
  says: "does a command as if it had been said in that room; the answer comes here",
  needs: "admin",
  run: async (asked) => {
    const [room] = asked.args;
    if (room === undefined || !/^![^\s]+$/.test(room)) return example("doin", "!room:server");
    return act(asked, { room });
  },
};
