import { level } from "../channels.ts";
import type { Connection, Outgoing } from "../connection.ts";
import type { Remembered } from "../history.ts";
import { placeOf, shownTo } from "../history.ts";
import { fold } from "../names.ts";
import type { Command, World } from "./command.ts";
import { fail, findClient } from "./command.ts";

const command = "CHATHISTORY";

/** The place of an entry in the list that a bound stands for; before it, or after it. */
type Bound = { readonly at: number } | { readonly msgid: string };

function boundOf(text: string): Bound | undefined {
  const kind = text.slice(0, text.indexOf("="));
  const value = text.slice(text.indexOf("=") + 1);
  if (kind === "msgid" && value !== "") return { msgid: value };
  const at = Date.parse(value);
  return kind === "timestamp" && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) && Number.isFinite(at)
    ? { at }
    : undefined;
}

const before = (list: readonly Remembered[], bound: Bound): readonly Remembered[] => {
  if ("at" in bound) return list.filter(({ at }) => at < bound.at);
  const found = list.findIndex(({ msgid }) => msgid === bound.msgid);
  return found < 0 ? [] : list.slice(0, found);
};

const after = (list: readonly Remembered[], bound: Bound): readonly Remembered[] => {
  if ("at" in bound) return list.filter(({ at }) => at > bound.at);
  const found = list.findIndex(({ msgid }) => msgid === bound.msgid);
  return found < 0 ? [] : list.slice(found + 1);
};

/** History as one batch, with the messages of several lines as batches in it. */
export function playback(
  me: Connection,
  source: string,
  { target, list }: { readonly target: string; readonly list: readonly Remembered[] },
): Outgoing {
  const items = list.flatMap((one) => shownTo(me, one));
  return { source, rest: "", batch: { type: "chathistory", params: [target], items } };
}

function mayRead(world: World, me: Connection, target: string): boolean {
  if (!target.startsWith("#")) return true;
  return world.channels.get(fold(target))?.members.has(me) === true;
}

function targets(
  world: World,
  me: Connection,
  { from, to, limit }: { readonly from: Bound; readonly to: Bound; readonly limit: number },
): void {
  const mine = fold(me.nick);
  const [low = 0, high = 0] = [from, to]
    .map((bound) => ("at" in bound ? bound.at : 0))
    .toSorted((a, b) => a - b);
  const last = new Map<string, Remembered>();
  for (const one of world.history.all) {
    const inside = one.at > low && one.at < high && one.verb !== "JOIN";
    if (inside && one.place.split(" ").includes(mine)) last.set(one.place, one);
  }
  const source = world.settings.name;
  const inOrder = [...last.values()].toSorted((a, b) => a.at - b.at).slice(0, limit);
  const items = inOrder.map((one) => {
    const other = fold(one.nick) === mine ? one.target : one.nick;
    return { source, rest: `CHATHISTORY TARGETS ${other} ${new Date(one.at).toISOString()}` };
  });
  me.send({ source, rest: "", batch: { type: "draft/chathistory-targets", params: [], items } });
}

function chosen(
  list: readonly Remembered[],
  verb: string,
  { bounds, limit }: { bounds: readonly Bound[]; limit: number },
): readonly Remembered[] {
  const [one, two] = bounds;
  if (verb === "LATEST") return (one === undefined ? list : after(list, one)).slice(-limit);
  if (one === undefined) return [];
  if (verb === "BEFORE") return before(list, one).slice(-limit);
  if (verb === "AFTER") return after(list, one).slice(0, limit);
  return two === undefined ? [] : before(after(list, one), two).slice(0, limit);
}

const chathistory: Command = {
  min: 4,
  max: 5,
  missing: (me) => me.numeric("461", command, "Not enough parameters"),
  run(world, me, { params }) {
    const verb = (params[0] ?? "").toUpperCase();
    if (!me.caps.has("draft/chathistory") || !me.caps.has("batch")) {
      world.violation(me, "CHATHISTORY without its capability");
      return me.numeric("421", command, "Unknown command");
    }
    if (world.remembers(me) === "refused") {
      const why = "Messages could not be retrieved";
      return fail(world, me, { command, code: "MESSAGE_ERROR", about: [verb], why });
    }
    const wrong = (code: string, why: string): void => {
      world.violation(me, `CHATHISTORY: ${why}`);
      fail(world, me, { command, code, about: [verb], why });
    };
    const limit = Number(params.at(-1));
    if (!Number.isInteger(limit) || limit < 1 || limit > world.settings.historyLimit) {
      return wrong("INVALID_PARAMS", "a limit that is none");
    }
    const stated = verb === "TARGETS" ? params.slice(1, -1) : params.slice(2, -1);
    const bounds = stated.filter((text) => text !== "*").map(boundOf);
    if (bounds.includes(undefined)) return wrong("INVALID_PARAMS", "a bound that is none");
    const given = bounds.filter((bound) => bound !== undefined);
    const [from, to] = given;
    if (verb === "TARGETS") {
      if (from === undefined || to === undefined) return wrong("INVALID_PARAMS", "two moments");
      return targets(world, me, { from, to, limit });
    }
    if (!["LATEST", "BEFORE", "AFTER", "BETWEEN"].includes(verb)) {
      return wrong("INVALID_PARAMS", "an unknown subcommand");
    }
    const target = params[1] ?? "";
    if (!mayRead(world, me, target)) {
      return fail(world, me, { command, code: "INVALID_TARGET", about: [verb], why: "Not yours" });
    }
    const list = world.history.of(placeOf(me.nick, target), me.caps.has("draft/event-playback"));
    return me.send(
      playback(me, world.settings.name, {
        target,
        list: chosen(list, verb, { bounds: given, limit }),
      }),
    );
  },
};

const redact: Command = {
  min: 2,
  max: 3,
  run(world, me, { params: [target = "", msgid = "", reason] }) {
    if (!me.caps.has("draft/message-redaction"))
      return me.numeric("421", "REDACT", "Unknown command");
    const entry = world.history.all.find((one) => one.msgid === msgid);
    const about = [target, msgid];
    if (entry?.place !== placeOf(me.nick, target)) {
      return fail(world, me, {
        command: "REDACT",
        code: "UNKNOWN_MSGID",
        about,
        why: "No such message",
      });
    }
    const channel = world.channels.get(fold(target));
    const own = fold(entry.nick) === fold(me.nick) || entry.relayer === me.nick;
    if (!own && (channel === undefined || level(channel, me) < 2)) {
      return fail(world, me, {
        command: "REDACT",
        code: "REDACT_FORBIDDEN",
        about,
        why: "Not yours",
      });
    }
    const name = channel?.name ?? target;
    const line = me.says(`REDACT ${name} ${msgid}${reason === undefined ? "" : ` :${reason}`}`);
    const told = { ...line, at: Date.now() + world.settings.ahead };
    world.history.remove(msgid, world.settings.redactions === "told" ? told : undefined);
    const peer = findClient(world, target);
    const hearers =
      channel === undefined ? [me, ...(peer ? [peer] : [])] : [...channel.members.keys()];
    for (const one of hearers) if (one.caps.has("draft/message-redaction")) one.send(line);
    return undefined;
  },
};

/** What was said before, and how it is taken back. */
export const historyCommands = { CHATHISTORY: chathistory, REDACT: redact } as const;
