import type { Command, World } from "./commands/command.ts";
import { historyCommands } from "./commands/history.ts";
import { membership } from "./commands/membership.ts";
import { messages } from "./commands/message.ts";
import { modeCommands } from "./commands/mode.ts";
import { queries } from "./commands/query.ts";
import { registration } from "./commands/registration.ts";
import type { Connection } from "./connection.ts";
import type { Line, RawLine } from "./line.ts";
import { parseLine } from "./line.ts";
import { fold } from "./names.ts";

const commands: ReadonlyMap<string, Command> = new Map(
  Object.entries<Command>({
    ...registration,
    ...membership,
    ...messages,
    ...modeCommands,
    ...queries,
    ...historyCommands,
  }),
);

/** Bytes of a client's tag section with its `@` and space (IRCv3 message-tags, "Size limit"). */
const maxTags = 4_096;

function withinLimits(world: World, me: Connection, raw: string): string | undefined {
  const bodyAt = raw.startsWith("@") ? raw.indexOf(" ") + 1 : 0;
  if (bodyAt > 0 && !me.hasTags) world.violation(me, "tags without a capability for them");
  if (bodyAt > maxTags) {
    world.violation(me, `tags over ${maxTags} bytes`);
    me.numeric("417", "", "Input line was too long");
    return undefined;
  }
  const room = world.settings.maxLine - 2;
  if (raw.length - bodyAt <= room) return raw;
  world.violation(me, `line over ${room + 2} bytes`);
  return raw.slice(0, bodyAt + room);
}

function execute(world: World, me: Connection, line: Line): void {
  const command = commands.get(line.command);
  if (command === undefined) {
    world.violation(me, `unknown command ${line.command}`);
    return me.numeric("421", line.command, "Unknown command");
  }
  if (!me.registered && command.early !== true) {
    return me.numeric("451", "", "You have not registered");
  }
  const count = line.params.length;
  if (count > command.max) world.violation(me, `${count} parameters, ${command.max} at most`);
  if (count < command.min) {
    world.violation(me, `${count} parameters, ${command.min} at least`);
    if (command.missing !== undefined) return command.missing(me, line.params);
    return me.numeric("461", line.command, "Not enough parameters");
  }
  return command.run(world, me, line);
}

/** Checks one line of a client against grammar and limits, and does what it asks as far as a real server would. */
export function receive(world: World, me: Connection, { raw, faults }: RawLine): void {
  for (const fault of faults) world.violation(me, fault);
  if (raw === "") return;
  const kept = withinLimits(world, me, raw);
  if (kept === undefined) return;
  const { line, faults: wrong } = parseLine(kept);
  for (const fault of wrong) world.violation(me, fault);
  if (line === undefined) return;
  const nick = line.source?.split("!")[0];
  if (nick !== undefined && fold(nick) !== fold(me.nick))
    world.violation(me, "a source not its own");
  if (line.command !== "PING" && line.command !== "PONG") me.lastSpoke = Date.now();
  if (line.command === "CHATHISTORY" && world.remembers(me) === "never") {
    return me.judge.ignored(raw);
  }
  const label = line.tags.get("label");
  // A message of several lines has its answer where it ends.
  const whole = label === undefined || !me.caps.has("labeled-response") || line.command === "BATCH";
  if (whole) execute(world, me, line);
  else me.labelled(label, () => execute(world, me, line));
}
