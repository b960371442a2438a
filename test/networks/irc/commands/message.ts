import { maySpeak } from "../channels.ts";
import type { Connection, Outgoing } from "../connection.ts";
import type { Line } from "../line.ts";
import { fold } from "../names.ts";
import type { Command, World } from "./command.ts";
import { findClient } from "./command.ts";
import { targetsPerLine } from "./registration.ts";

type Verb = "PRIVMSG" | "NOTICE" | "TAGMSG";

interface Said {
  readonly verb: Verb;
  readonly target: string;
  readonly text: string;
  readonly tags: ReadonlyMap<string, string>;
  /** Deliver it, but never let the sender know. */
  readonly silent: boolean;
}

const understands = (client: Connection, verb: Verb): boolean =>
  verb !== "TAGMSG" || client.caps.has("message-tags");

function echo(me: Connection, message: Outgoing, said: Said): void {
  if (me.caps.has("echo-message") && !said.silent && understands(me, said.verb)) me.send(message);
}

function compose(me: Connection, said: Said, target: string): Outgoing {
  const text = said.verb === "TAGMSG" ? "" : ` :${said.text}`;
  return me.says(`${said.verb} ${target}${text}`, said.tags);
}

function toChannel(world: World, me: Connection, said: Said): void {
  const channel = world.channels.get(fold(said.target));
  const complain = said.verb !== "NOTICE";
  if (channel === undefined) {
    if (complain) me.numeric("403", said.target, "No such channel");
    return;
  }
  if (!maySpeak(channel, me)) {
    if (complain) me.numeric("404", channel.name, "Cannot send to channel");
    return;
  }
  const message = compose(me, said, channel.name);
  for (const member of channel.members.keys()) {
    if (member !== me && understands(member, said.verb)) member.send(message);
  }
  echo(me, message, said);
}

function toNick(world: World, me: Connection, said: Said): void {
  const target = findClient(world, said.target);
  const complain = said.verb !== "NOTICE";
  if (target === undefined) {
    if (complain) me.numeric("401", said.target, "No such nick/channel");
    return;
  }
  const message = compose(me, said, target.nick);
  if (understands(target, said.verb)) target.sendNow(message);
  if (complain && target.away !== undefined) me.numeric("301", target.nick, target.away);
  echo(me, message, said);
}

function clientTags(line: Line): Map<string, string> {
  return new Map([...line.tags].filter(([name]) => name.startsWith("+")));
}

const noTags: ReadonlyMap<string, string> = new Map();

function say(verb: Verb): Command {
  return {
    min: verb === "TAGMSG" ? 1 : 2,
    max: verb === "TAGMSG" ? 1 : 2,
    missing(me, params) {
      if (verb === "NOTICE") return;
      if (params[0] === undefined) me.numeric("411", "", `No recipient given (${verb})`);
      else me.numeric("412", "", "No text to send");
    },
    run(world, me, line) {
      const {
        params: [list = "", text = ""],
      } = line;
      if (verb === "PRIVMSG" && text === "") return me.numeric("412", "", "No text to send");
      if (verb !== "TAGMSG" && text === "") return undefined;
      const targets = list.split(",");
      if (targets.length > targetsPerLine) return me.numeric("407", list, "Too many targets");
      const silent = verb === "PRIVMSG" && world.swallows(me);
      const tags = line.tags.size === 0 ? noTags : clientTags(line);
      for (const target of targets) {
        const said = { verb, target, text, tags, silent };
        if (target.startsWith("#")) toChannel(world, me, said);
        else toNick(world, me, said);
      }
      return undefined;
    },
  };
}

/** What people say to each other. */
export const messages = {
  PRIVMSG: say("PRIVMSG"),
  NOTICE: say("NOTICE"),
  TAGMSG: say("TAGMSG"),
} as const;
