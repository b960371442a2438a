import { level, levelOf, maySpeak } from "../channels.ts";
import type { Connection } from "../connection.ts";
import type { Remembered, Row } from "../history.ts";
import { placeOf, shownTo } from "../history.ts";
import type { Line } from "../line.ts";
import { asMiddle } from "../line.ts";
import { fold } from "../names.ts";
import { multilineLimits } from "../settings.ts";
import { addressed } from "../services.ts";
import type { Command, World } from "./command.ts";
import { fail } from "./command.ts";
import { targetsPerLine } from "./registration.ts";

type Verb = "PRIVMSG" | "NOTICE" | "TAGMSG";

interface Said {
  readonly verb: Verb;
  readonly target: string;
  readonly rows: readonly Row[];
  readonly tags: ReadonlyMap<string, string>;
  /** Deliver it, but never let the sender know. */
  readonly silent: boolean;
  /** The name under which it is said, if not the sender's own. */
  readonly as?: string;
  /** It is not remembered. */
  readonly isPassing?: boolean;
}

const understands = (client: Connection, verb: Verb): boolean =>
  verb !== "TAGMSG" || client.caps.has("message-tags");

/** What a reaction or a message leaves behind; typing leaves nothing. */
const lasts = ({ verb, tags, isPassing }: Said): boolean =>
  isPassing !== true &&
  (verb !== "TAGMSG" || tags.has("+draft/react") || tags.has("+draft/unreact"));

/** Gives the message its id and remembers it. */
function compose(world: World, me: Connection, said: Said, target: string): Remembered {
  const { verb, rows, tags, as } = said;
  const entry: Remembered = {
    place: placeOf(me.nick, target.replace(/^[~&@%+]#/, "#")),
    verb,
    target,
    source: as === undefined ? me.prefix : `${as}!relay@${me.host}`,
    nick: as ?? me.nick,
    account: as === undefined ? me.account : undefined,
    rows,
    tags,
    msgid: world.history.nextId(),
    at: Date.now() + world.settings.ahead,
    relayer: as === undefined ? undefined : me.nick,
  };
  if (lasts(said)) world.history.add(entry);
  return entry;
}

function echo(me: Connection, entry: Remembered, said: Said): void {
  if (!me.caps.has("echo-message") || said.silent || !understands(me, said.verb)) return;
  for (const line of shownTo(me, entry)) me.send(line);
}

function toChannel(world: World, me: Connection, said: Said): void {
  const channel = world.channels.get(fold(said.target));
  const complain = said.verb !== "NOTICE";
  if (channel === undefined) {
    if (complain) me.numeric("403", asMiddle(said.target), "No such channel");
    return;
  }
  if (!maySpeak(channel, me)) {
    if (complain) me.numeric("404", channel.name, "Cannot send to channel");
    return;
  }
  const entry = compose(world, me, said, channel.name);
  for (const member of channel.members.keys()) {
    if (member === me || !understands(member, said.verb)) continue;
    for (const line of shownTo(member, entry)) member.send(line);
  }
  echo(me, entry, said);
}

function toNick(world: World, me: Connection, said: Said): void {
  const text = said.verb === "PRIVMSG" ? said.rows.map((row) => row.text).join(" ") : "";
  const target = addressed(world, me, { target: said.target, text });
  if (target === "services") return;
  const complain = said.verb !== "NOTICE";
  if (target === undefined) {
    if (complain) me.numeric("401", asMiddle(said.target), "No such nick/channel");
    return;
  }
  const entry = compose(world, me, said, target.nick);
  if (understands(target, said.verb)) {
    for (const line of shownTo(target, entry)) target.sendNow(line);
  }
  if (complain && target.away !== undefined) me.numeric("301", target.nick, target.away);
  echo(me, entry, said);
}

/** To those who have that rank at least, if the sender has it, or may speak to all of them. */
function toRank(world: World, me: Connection, said: Said): void {
  const [sign, name] = [said.target.slice(0, 1), said.target.slice(1)];
  const channel = world.channels.get(fold(name));
  if (channel === undefined) return me.numeric("403", asMiddle(said.target), "No such channel");
  if (level(channel, me) < 1)
    return me.numeric("482", channel.name, "You're not a channel operator");
  const { keepsRanked } = world.settings;
  const entry = compose(world, me, { ...said, isPassing: !keepsRanked }, sign + channel.name);
  for (const member of channel.members.keys()) {
    const hears = level(channel, member) >= levelOf(sign) && understands(member, said.verb);
    if (member !== me && hears) for (const line of shownTo(member, entry)) member.send(line);
  }
  return echo(me, entry, said);
}

function deliver(world: World, me: Connection, said: Said): void {
  if (/^[~&@%+]#/.test(said.target)) toRank(world, me, said);
  else if (said.target.startsWith("#")) toChannel(world, me, said);
  else toNick(world, me, said);
}

/** Tags of a client, without those that the server refuses. */
function clientTags(world: World, me: Connection, line: Line): Map<string, string> {
  const deny = world.settings.tagDeny?.split(",") ?? [];
  return new Map(
    [...line.tags].filter(([name]) => {
      if (!name.startsWith("+")) return false;
      const bare = name.slice(1);
      const denied = deny.includes("*") ? !deny.includes(`-${bare}`) : deny.includes(bare);
      if (denied) world.violation(me, `the tag ${name} is refused here`);
      return !denied;
    }),
  );
}

const noTags: ReadonlyMap<string, string> = new Map();

/** Adds a line to a message of several; false if it belongs to none. */
function collected(world: World, me: Connection, line: Line): boolean {
  const id = line.tags.get("batch");
  if (id === undefined) return false;
  const { collecting } = me;
  const [target = "", text = ""] = line.params;
  if (collecting?.id !== id) {
    world.violation(me, "a line of a batch that is not open");
    return true;
  }
  if (fold(target) !== fold(collecting.target)) world.violation(me, "a batch of two targets");
  const odd = [...line.tags.keys()].filter(
    (name) => !/^(?:batch|draft\/multiline-concat)$/.test(name),
  );
  if (odd.length > 0) world.violation(me, `tags inside of a multi-line message: ${odd.join(" ")}`);
  const joined = line.tags.has("draft/multiline-concat");
  if (joined && (text === "" || collecting.rows.length === 0)) {
    world.violation(me, "a line that goes on with nothing");
  }
  collecting.rows.push({ text, joined });
  return true;
}

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
      if (verb === "TAGMSG" && !me.caps.has("message-tags")) {
        world.violation(me, "TAGMSG without message-tags");
        return me.numeric("421", "TAGMSG", "Unknown command");
      }
      if (verb !== "TAGMSG" && collected(world, me, line)) return undefined;
      if (verb === "PRIVMSG" && text === "") return me.numeric("412", "", "No text to send");
      if (verb !== "TAGMSG" && text === "") return undefined;
      const targets = list.split(",");
      if (targets.length > targetsPerLine)
        return me.numeric("407", asMiddle(list), "Too many targets");
      const silent = verb === "PRIVMSG" && world.swallows(me);
      const tags = line.tags.size === 0 ? noTags : clientTags(world, me, line);
      const rows = verb === "TAGMSG" ? [] : [{ text, joined: false }];
      for (const target of targets) deliver(world, me, { verb, target, rows, tags, silent });
      return undefined;
    },
  };
}

function endMultiline(world: World, me: Connection): void {
  const { collecting } = me;
  if (collecting === undefined) return;
  me.collecting = undefined;
  const { rows, target, tags, verb } = collecting;
  const bytes = rows.reduce((sum, { text, joined }) => sum + text.length + (joined ? 0 : 1), -1);
  const { lines, bytes: most } = multilineLimits;
  if (rows.length === 0 || rows.length > lines || bytes > most) {
    world.violation(me, `a message of ${rows.length} lines and ${bytes} bytes`);
    const code = rows.length > lines ? "MULTILINE_MAX_LINES" : "MULTILINE_MAX_BYTES";
    return fail(world, me, { command: "BATCH", code, about: ["4096"], why: "It is too long" });
  }
  return deliver(world, me, { verb, target, rows, tags, silent: world.swallows(me) });
}

const labelOf = (me: Connection, { tags }: Line): string | undefined =>
  me.caps.has("labeled-response") ? tags.get("label") : undefined;

function answered(me: Connection, label: string | undefined, run: () => void): void {
  if (label === undefined) run();
  else me.labelled(label, run);
}

const batch: Command = {
  min: 1,
  max: 3,
  run(world, me, line) {
    const [mark = "", type = "", target = ""] = line.params;
    if (mark.startsWith("-")) {
      if (me.collecting?.id !== mark.slice(1)) {
        return world.violation(me, "the end of a batch that is not open");
      }
      const { label } = me.collecting;
      return answered(me, label, () => endMultiline(world, me));
    }
    if (type !== "draft/multiline" || !me.caps.has("draft/multiline") || !mark.startsWith("+")) {
      world.violation(me, `a batch of type ${type}`);
      return answered(me, labelOf(me, line), () =>
        fail(world, me, { command: "BATCH", code: "INVALID", why: "No such batch" }),
      );
    }
    if (me.collecting !== undefined) world.violation(me, "two batches at once");
    const label = labelOf(me, line);
    const tags = clientTags(world, me, line);
    me.collecting = { id: mark.slice(1), target, label, tags, verb: "PRIVMSG", rows: [] };
    return undefined;
  },
};

const relaymsg: Command = {
  min: 3,
  max: 3,
  run(world, me, line) {
    const [name = "", as = "", text = ""] = line.params;
    const command = "RELAYMSG";
    if (!me.caps.has("draft/relaymsg")) return me.numeric("421", command, "Unknown command");
    const channel = world.channels.get(fold(name));
    if (channel === undefined) return me.numeric("403", asMiddle(name), "No such channel");
    const operator = ["q", "a", "o"].some((mode) => channel.members.get(me)?.has(mode) === true);
    if (!operator) {
      return fail(world, me, { command, code: "PRIVS_NEEDED", why: "You may not relay there" });
    }
    if (!/^[^\s!+%@&#$:'"?*,.]{1,60}$/.test(as) || !as.includes("/")) {
      world.violation(me, `the relayed name ${as}`);
      return fail(world, me, {
        command,
        code: "INVALID_NICK",
        about: [as],
        why: "Not such a name",
      });
    }
    const tags = clientTags(world, me, line);
    const rows = [{ text, joined: false }];
    const silent = world.swallows(me);
    return toChannel(world, me, { verb: "PRIVMSG", target: channel.name, rows, tags, silent, as });
  },
};

/** What people say to each other. */
export const messages = {
  PRIVMSG: say("PRIVMSG"),
  NOTICE: say("NOTICE"),
  TAGMSG: say("TAGMSG"),
  BATCH: batch,
  RELAYMSG: relaymsg,
} as const;
