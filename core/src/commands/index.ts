import type { Field } from "../adapter/index.ts";
import { afterPrefix, noticeContent, outPayload, say, wordsOf } from "../engine/index.ts";
import type { Called, Engine, Handler, Settlement, Turn } from "../engine/index.ts";
import type { MatrixEvent } from "../matrix/types.ts";
import { dispatch, isCommand, isPlainlyCommand, refuse } from "./dispatch.ts";
import type { Heard } from "./dispatch.ts";
import { deleteIt, hide, isSecret } from "./hide.ts";
import { LoginTalk, stillAsked } from "./login-talk.ts";
import { qrInRooms } from "./show-qr.ts";

export { sections } from "./command.ts";
export type { Command } from "./command.ts";
export { commands } from "./table.ts";

const cannotRead =
  "I cannot read encrypted messages yet. Talk to me in a room without encryption: make one and invite me.";

/** Does what people tell the bot. A command is answered once, also over a crash. */
export const commandHandler = (engine: Engine): Handler => {
  const { works } = engine;
  const talk = new LoginTalk(async (room, text) => {
    const { homeserver, signal } = works.box;
    const txn = crypto.randomUUID();
    const content = noticeContent(text);
    await homeserver.send(
      { room, type: "m.room.message", content, txn },
      { class: "live", signal },
    );
  }, qrInRooms(works.box));
  return async (turn) => {
    const { event } = outPayload(turn.item);
    const called = await lineFor(engine, turn, event);
    if (called === undefined) return { end: "dropped" };
    const text = works.box.settings.permits(event.sender, "commands")
      ? await replyTo(engine, talk, { turn, event, called })
      : await refuse(engine, { turn, event, called });
    return text === undefined ? { end: "dropped" } : reply(engine, turn, { event, text });
  };
};

/** What is said to the bot: everything where the two are alone, else what has the prefix. */
const lineFor = async (
  engine: Engine,
  turn: Turn,
  event: MatrixEvent,
): Promise<Called | undefined> => {
  const { homeserver, networks } = engine.works.box;
  const line = wordsOf(event);
  const called = afterPrefix(line, networks);
  if (called !== undefined) return called;
  const call = { class: "live", signal: turn.signal } as const;
  const people = await homeserver.joinedMembers(event.room_id, call);
  return people.size <= 2 ? { line, network: undefined } : undefined;
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
    content: noticeContent(text),
  });
  return { end: "dropped" };
};

const replyTo = async (
  engine: Engine,
  talk: LoginTalk,
  heard: Heard,
): Promise<string | undefined> => {
  const { turn, event } = heard;
  if (event.type === "m.room.encrypted") return cannotRead;
  const { body, msgtype } = event.content;
  if (msgtype !== "m.text" || typeof body !== "string") return undefined;
  const who = { room: event.room_id, sender: event.sender };
  const field = talk.asked(who);
  const prefixed = afterPrefix(wordsOf(event), engine.works.box.networks);
  if (field && !isForTheBot(field, { called: heard.called, prefixed: prefixed !== undefined })) {
    const hidden = !isSecret(field) || (await hide(engine, turn, event));
    const said = talk.answer(who, prefixed?.line ?? body);
    return hidden ? said : [said, deleteIt].filter(Boolean).join("\n");
  }
  const said = await dispatch(engine, talk, heard);
  return field && talk.asked(who) === field ? `${said}\n${stillAsked(field)}` : said;
};

/**
 * What is said while a login asks: plainly a command, or with the prefix, it is no answer. A password may be
 * anything, and what is none of the commands is no less a secret behind the prefix.
 */
const isForTheBot = (
  field: Field,
  { called: { line }, prefixed }: { readonly called: Called; readonly prefixed: boolean },
): boolean =>
  line.trim() === "cancel" ||
  (prefixed && (!isSecret(field) || isCommand(line))) ||
  (field.type !== "password" && isPlainlyCommand(line));
