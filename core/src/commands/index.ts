import { asBridgeError, nearest } from "../adapter/index.ts";
import { afterPrefix, outPayload, repliedTo, say, wordsOf } from "../engine/index.ts";
import type { Engine, Handler, Settlement, Turn } from "../engine/index.ts";
import { MatrixError } from "../matrix/types.ts";
import type { MatrixEvent } from "../matrix/types.ts";
import type { Command } from "./command.ts";
import { helpText } from "./help.ts";
import { LoginTalk } from "./login-talk.ts";
import { commands } from "./table.ts";

const cannotRead =
  "I cannot read encrypted messages yet. Talk to me in a room without encryption: make one and invite me.";

/** Does what people tell the bot. A command is answered once, also over a crash. */
export const commandHandler = (engine: Engine): Handler => {
  const { works } = engine;
  const talk = new LoginTalk(async (room, text) => {
    const { homeserver, signal } = works.box;
    const txn = crypto.randomUUID();
    const content = { msgtype: "m.notice", body: text };
    await homeserver.send(
      { room, type: "m.room.message", content, txn },
      { class: "live", signal },
    );
  });
  return async (turn) => {
    const { event } = outPayload(turn.item);
    const line = await lineFor(engine, turn, event);
    if (line === undefined) return { end: "dropped" };
    const text = works.box.settings.permits(event.sender, "commands")
      ? await replyTo(engine, talk, { turn, event, line })
      : mayNot;
    return text === undefined ? { end: "dropped" } : reply(engine, turn, { event, text });
  };
};

const mayNot = "You may not tell me what to do; ask the admin of this box.";

/** What is said to the bot: everything where the two are alone, else what has the prefix. */
const lineFor = async (
  engine: Engine,
  turn: Turn,
  event: MatrixEvent,
): Promise<string | undefined> => {
  const line = wordsOf(event);
  const called = afterPrefix(line);
  if (called !== undefined) return called;
  const { homeserver } = engine.works.box;
  const call = { class: "live", signal: turn.signal } as const;
  const people = await homeserver.joinedMembers(event.room_id, call);
  return people.size <= 2 ? line : undefined;
};

const reply = async (
  engine: Engine,
  turn: Turn,
  { event, text }: { event: MatrixEvent; text: string },
): Promise<Settlement> => {
  const { works } = engine;
  await say(works, turn, {
    room: event.room_id,
    as: works.box.homeserver.bot,
    type: "m.room.message",
    content: { msgtype: "m.notice", body: text },
  });
  return { end: "dropped" };
};

interface Heard {
  readonly turn: Turn;
  readonly event: MatrixEvent;
  /** Without the prefix. */
  readonly line: string;
}

const replyTo = async (
  engine: Engine,
  talk: LoginTalk,
  { turn, event, line }: Heard,
): Promise<string | undefined> => {
  if (event.type === "m.room.encrypted") return cannotRead;
  const { body, msgtype } = event.content;
  if (msgtype !== "m.text" || typeof body !== "string") return undefined;
  const who = { room: event.room_id, sender: event.sender };
  const field = talk.asked(who);
  if (field && body.trim() !== "cancel") {
    const hidden = !field.secret || (await hide(engine, turn, event));
    const said = talk.answer(who, body);
    return hidden ? said : [said, deleteIt].filter(Boolean).join("\n");
  }
  return run(engine, talk, { turn, event, line });
};

const deleteIt = "I may not delete messages here: delete the one with the secret yourself.";

/** Secrets that a person typed do not stay in the room. False: we may not take it out. */
const hide = async (engine: Engine, turn: Turn, event: MatrixEvent): Promise<boolean> => {
  const { box } = engine.works;
  const txn = box.keyOf(turn.item.lane.portal, event.event_id, "secret");
  const target = { room: event.room_id, event: event.event_id, txn, reason: "a secret" };
  try {
    await box.homeserver.redact(target, { class: "live", signal: turn.signal });
    return true;
  } catch (error) {
    if (!(error instanceof MatrixError) || error.status !== 403) throw error;
    return false;
  }
};

const run = async (
  engine: Engine,
  talk: LoginTalk,
  { turn, event, line }: Heard,
): Promise<string> => {
  const { settings } = engine.works.box;
  const [name = "", ...args] = line.trim().split(/ +/);
  const may = (level: Command["needs"]): boolean => settings.permits(event.sender, level);
  if (name === "help" || name === "") return helpText(commands, may);
  const command = commands.find((one) => namesOf(one).includes(name.toLowerCase()));
  if (!command) return unknown(name);
  if (!may(command.needs))
    return `You may not use ${command.name} here; ask the admin of this box.`;
  if (turn.suspect)
    return `I was restarted while I did that: ${command.name}. Please look whether it was done, and tell me again if not.`;
  const deadline = AbortSignal.timeout(engine.works.box.settings.deadline.network);
  const signal = AbortSignal.any([turn.signal, deadline]);
  try {
    return await command.run({
      engine,
      talk,
      room: event.room_id,
      sender: event.sender,
      event: event.event_id,
      about: repliedTo(event),
      args,
      signal,
    });
  } catch (error) {
    return asBridgeError(error).message;
  }
};

const namesOf = ({ name, also = [] }: Command): readonly string[] => [name, ...also];

const unknown = (name: string): string => {
  const close = nearest(name, commands.flatMap(namesOf));
  const hint = close ? `Did you mean ${close}? ` : "";
  return `I do not know that command. ${hint}"help" lists what I can do.`;
};
