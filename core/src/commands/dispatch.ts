import { asBridgeError, nearest } from "../adapter/index.ts";
import type { Attempt } from "../adapter/index.ts";
import { repliedTo } from "../engine/index.ts";
import type { Called, Engine, Turn } from "../engine/index.ts";
import type { MatrixEvent } from "../matrix/types.ts";
import type { Asked, Command } from "./command.ts";
import { helpOf, helpText } from "./help.ts";
import { deleteIt, hide, looksSecret } from "./hide.ts";
import type { LoginTalk } from "./login-talk.ts";
import { commands } from "./table.ts";

/** A line that is for the bot. */
export interface Heard {
  readonly turn: Turn;
  readonly event: MatrixEvent;
  readonly called: Called;
}

type Place = Pick<Asked, "room" | "sender" | "actor">;

/** Does the command that a line names; returns what to say. */
export const dispatch = async (engine: Engine, talk: LoginTalk, heard: Heard): Promise<string> => {
  const { turn, event, called } = heard;
  const { room_id: room, sender } = event;
  const left = hasSecret(called.line) && !(await hide(engine, turn, event));
  const place = { room, sender, actor: undefined };
  const said = await runLine(engine, talk, { ...heard, place });
  return left ? `${said}\n${deleteIt}` : said;
};

const mayNot = "You may not tell me what to do; ask the admin of this box.";

/** To who may use no command: nothing is done, but a secret that they typed does not stay in the room. */
export const refuse = async (engine: Engine, { turn, event, called }: Heard): Promise<string> => {
  const left = hasSecret(called.line) && !(await hide(engine, turn, event));
  return left ? `${mayNot}\n${deleteIt}` : mayNot;
};

const wordsOf = (line: string): readonly [string, ...string[]] => {
  const [name = "", ...words] = line.trim().split(/ +/);
  return [name, ...words];
};

/** A command stands no farther behind the first one than this, in words: sudo, who, doin, where. */
const mostBefore = 4;

/** Whether a secret stands in it, also behind a command that passes another one on, and whoever says it. */
const hasSecret = (line: string): boolean => {
  const [name, ...words] = wordsOf(line);
  const first = named(name) ?? meant(name);
  if (first?.isSecret === true) return words.length > 0;
  const passed = first?.passes === true ? words.slice(0, mostBefore) : [];
  return passed.some(
    (word, at) => (named(word) ?? meant(word))?.isSecret === true && at + 1 < words.length,
  );
};

const runLine = async (
  engine: Engine,
  talk: LoginTalk,
  heard: Heard & { readonly place: Place },
): Promise<string> => {
  const { turn, event, called } = heard;
  const [name, ...words] = wordsOf(called.line);
  const command = named(name === "" ? "help" : name);
  if (!command && looksSecret(name)) return hidden(engine, turn, event);
  return command ? answer(engine, talk, { ...heard, command, words }) : unknown(name);
};

interface Commanded extends Heard {
  readonly place: Place;
  readonly command: Command;
  readonly words: readonly string[];
}

const answer = async (
  engine: Engine,
  talk: LoginTalk,
  { turn, event, called, place, command, words }: Commanded,
): Promise<string> => {
  const { box } = engine.works;
  const may = (level: Command["needs"]): boolean => box.settings.permits(place.sender, level);
  const networks = [...box.networks.keys()];
  if (!may(command.needs))
    return `You may not use ${command.name} here; ask the admin of this box.`;
  if (command.inPerson && place.actor !== undefined)
    return `Nothing was done: people say ${command.name} themselves, in a room with me.`;
  if (turn.suspect && !command.again)
    return `I was restarted while I did that: ${command.name}. Please look whether it was done, and tell me again if not.`;
  if (!command.again && !turn.claimed) await turn.claim();
  const deadline = AbortSignal.timeout(box.settings.deadline.network);
  const signal = AbortSignal.any([turn.signal, deadline]);
  try {
    return await command.run({
      engine,
      talk,
      ...place,
      heardIn: event.room_id,
      event: event.event_id,
      about: repliedTo(event),
      args: argsOf(command, words, called),
      signal,
      help: (about) =>
        about === undefined ? helpText(commands, { may, networks }) : helpFor(engine, about, may),
      attempt: attemptOf(engine, turn, signal),
      isCommand: (word) => named(word) !== undefined,
      hide: () => hide(engine, turn, event),
      pass: (line, to) =>
        runLine(engine, talk, {
          turn,
          event,
          called: { line, network: undefined },
          place: { ...place, ...to, actor: event.sender },
        }),
    });
  } catch (error) {
    return asBridgeError(error).message;
  }
};

/** `!<network>` before a command says which network is meant. */
const argsOf = (
  { network: place }: Command,
  words: readonly string[],
  { network }: Called,
): readonly string[] => {
  if (network === undefined || place === undefined || words[0] === network) return words;
  return place === "first" || words.length === 0 ? [network, ...words] : words;
};

const attemptOf = (engine: Engine, { item }: Turn, signal: AbortSignal): Attempt => {
  const { store } = engine.works.box;
  return {
    key: item.key,
    number: item.attempt + 1,
    firstAt: item.firstAt ?? item.at,
    notes: item.notes,
    note: (data) => store.commit((tx) => tx.items.note(item.id, data)),
    signal,
  };
};

const namesOf = ({ name, also = [] }: Command): readonly string[] => [name, ...also];

const named = (name: string): Command | undefined =>
  commands.find((one) => namesOf(one).includes(name.toLowerCase()));

/** Whether it begins with one of the commands. */
export const isCommand = (line: string): boolean => named(wordsOf(line)[0]) !== undefined;

/** One word may be a nick or a place as well; these hardly are. */
const plainAlone: readonly string[] = ["help", "login", "list-logins"];

/** A line that somebody whose login asks something hardly means as the answer. */
export const isPlainlyCommand = (line: string): boolean => {
  const [name, ...words] = wordsOf(line);
  const command = named(name);
  return command !== undefined && (words.length > 0 || plainAlone.includes(command.name));
};

/** What stands after a command that was nearly a secret one is a secret too. */
const meant = (name: string): Command | undefined =>
  named(nearest(name, commands.flatMap(namesOf)) ?? "");

const helpFor = (
  engine: Engine,
  about: string,
  may: (level: Command["needs"]) => boolean,
): string => {
  const command = named(about);
  return command && may(command.needs) ? helpOf(command, engine) : unknown(about);
};

const unknown = (name: string): string => {
  const close = nearest(name, commands.flatMap(namesOf));
  const hint = close ? `Did you mean ${close}? ` : "";
  return `I do not know that command. ${hint}"help" lists what I can do.`;
};

const hidden = async (engine: Engine, turn: Turn, event: MatrixEvent): Promise<string> => {
  const asked = `I asked for no secret: say "login", and I ask for what I need.`;
  return (await hide(engine, turn, event))
    ? `I took that line out of the room, because it looked like a secret. ${asked}`
    : `That looks like a secret. ${asked} ${deleteIt}`;
};
