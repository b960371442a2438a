import assert from "node:assert/strict";
import type { Channel, User } from "../networks/discord/index.ts";
import { until } from "../sandbox/client.ts";
import type { Stage } from "../stage/stage.ts";
import type { Talk } from "./kit.ts";

/** What somebody of a network does with the account of the box, where nobody else reads it. */
export interface Aside {
  /** The name of the network in the config. */
  readonly network: string;
  say(text: string): void;
  /** What the box said to them there, in order. */
  answers(): readonly string[];
}

/** A direct message to the bot. */
export const onDiscord = ({ discord }: Stage, user: User): Aside => {
  const direct = discord.direct(user);
  return {
    network: "discord",
    say: (text) => void discord.say(user, direct, text),
    answers: () =>
      discord
        .posts(direct)
        .filter(({ message }) => message.author.id === discord.bot.id)
        .map(({ message }) => message.content),
  };
};

/** The commands of the bot, in a channel that others read. */
export const byCommand = ({ discord }: Stage, user: User, channel: Channel): Aside => {
  const told: string[] = [];
  return {
    network: "discord",
    say: (text) => {
      const [name, code] = text === "unlink" ? [text] : ["link", text];
      const use = discord.uses.use(user, channel, name, code === undefined ? {} : { code });
      use.onAnswer = (content) => void told.push(content);
    },
    answers: () => told,
  };
};

/** Says it and gives what the box answers to it, as one text. */
export const askAside = async (aside: Aside, text: string, fits: RegExp): Promise<string> => {
  const before = aside.answers().length;
  aside.say(text);
  const joined = (): string => aside.answers().slice(before).join(" ");
  return until(`an answer to ${text} that fits ${fits}`, () => fits.test(joined()) && joined());
};

/** The code that the bot gives for that network. */
export const codeFor = async (talk: Talk, network: string): Promise<string> => {
  const told = await talk.ask(`link ${network}`);
  const [, code] = /code is (\w{5}-\w{5})/.exec(told) ?? [];
  assert.ok(code, told);
  return code;
};

/** Sends the code, and gives the word that the box answers with. */
export const wordFor = async (aside: Aside, code: string, whose: string): Promise<string> => {
  const answer = await askAside(aside, code, /confirm [A-Z2-9]{6}[^]*unlink/);
  assert.ok(answer.includes(whose), answer);
  const [, word] = /confirm ([A-Z2-9]{6})/.exec(answer) ?? [];
  assert.ok(word, answer);
  return word;
};

/** The whole way: code there, word back; for the so-manieth time. Gives the bot's last line. */
export const linkAccount = async (
  talk: Talk,
  aside: Aside,
  whose: string,
  time = 1,
): Promise<string> => {
  const code = await codeFor(talk, aside.network);
  const word = await wordFor(aside, code, whose);
  await talk.heardTimes(/sent your code/, time);
  const before = aside.answers().length;
  const told = await talk.ask(`confirm ${word}`);
  assert.match(told, /is yours now/);
  await until("the account was told", () =>
    aside.answers().slice(before).join(" ").includes(whose),
  );
  return told;
};
