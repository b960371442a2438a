import { Api } from "telegram/tl/index.js";
import type { Channel as DiscordChannel, Post as DiscordPost } from "../networks/discord/index.ts";
import type { Channel as SlackChannel } from "../networks/slack/index.ts";
import type { Channel as Supergroup, Post as TelegramPost } from "../networks/telegram/index.ts";
import type { ActWorld } from "./act-world.ts";
import type { NetworkSide } from "./world.ts";

/** What stands in a chat of a network and ends with some words; taken away it is not there. */
export interface Standing {
  /** What the box reacts to it with, each as often as people see it. */
  readonly reactions: readonly string[];
  /** What the person of Matrix with an account there votes for. */
  readonly votes: readonly string[];
}

/** One person of a network in one chat, and what there is to see in it; messages go by their words. */
export interface ActSide {
  say(text: string): unknown;
  react(text: string, on: boolean): unknown;
  edit?(text: string, now: string): unknown;
  remove(text: string): unknown;
  poll?(question: string): unknown;
  /** For the first answer. */
  vote?(question: string): unknown;
  standing(text: string): readonly Standing[];
}

/** With what everybody reacts. */
export const thumb = "👍";
/** What polls ask between. */
export const answers = ["tea", "coffee"] as const;

const one = <T>(found: T | undefined, text: string): T => {
  if (found === undefined) throw new Error(`nobody said ${text}`);
  return found;
};

const onIrc = ({ stage, world }: ActWorld, channel: string): ActSide => {
  const { irc } = stage;
  const said = () => irc.said(channel).filter(({ verb }) => verb === "PRIVMSG");
  const find = (text: string) => said().filter((message) => message.text.endsWith(text));
  const idOf = (text: string): string => one(find(text).at(-1), text).msgid;
  const carl = () => world.carl;
  return {
    say: (text) => carl().command(`PRIVMSG ${channel} :${text}`),
    react: (text, on) => {
      const tag = on ? "react" : "unreact";
      return carl().command(`@+draft/${tag}=${thumb};+draft/reply=${idOf(text)} TAGMSG ${channel}`);
    },
    remove: (text) => carl().command(`REDACT ${channel} ${idOf(text)}`),
    standing: (text) =>
      find(text).map(({ msgid }) => {
        // A set, as every client keeps it: a reaction told again, as after a kill, is the same one.
        const reactions = new Set<string>();
        for (const { nick, answers: about, tags } of irc.said(channel)) {
          if (nick === "carl" || about !== msgid) continue;
          const [given, taken] = [tags.get("+draft/react"), tags.get("+draft/unreact")];
          if (given !== undefined) reactions.add(given);
          if (taken !== undefined) reactions.delete(taken);
        }
        return { reactions: [...reactions], votes: [] };
      }),
  };
};

const onSlack = ({ stage, world }: ActWorld, channel: SlackChannel): ActSide => {
  const { slack } = stage;
  const find = (text: string) => channel.posts.filter((post) => post.text.endsWith(text));
  const named = (text: string) => one(find(text).at(-1), text);
  return {
    say: (text) => slack.say(world.erin, channel, text),
    react: (text, on) => slack.react(channel, named(text), { user: world.erin, name: "+1", on }),
    edit: (text, now) => slack.edit(channel, named(text), now),
    remove: (text) => slack.remove(channel, named(text)),
    standing: (text) =>
      find(text).map(({ reactions }) => ({
        reactions: reactions.flatMap(({ name, users }) =>
          users.filter((user) => user !== world.erin).map(() => name),
        ),
        votes: [],
      })),
  };
};

const onDiscord = ({ stage, world }: ActWorld, channel: DiscordChannel): ActSide => {
  const { discord } = stage;
  const textOf = ({ message }: DiscordPost): string => {
    const poll = message["poll"] as { readonly question: { readonly text: string } } | undefined;
    return poll?.question.text ?? message.content;
  };
  const find = (text: string) =>
    discord.posts(channel).filter((post) => textOf(post).endsWith(text));
  const named = (text: string) => one(find(text).at(-1), text);
  return {
    say: (text) => discord.say(world.dan, channel, text),
    react: (text, on) => discord.world.react(named(text), world.dan, thumb, on),
    edit: (text, now) => discord.edit(named(text), now),
    remove: (text) => discord.remove(named(text)),
    poll: (question) => discord.poll(world.dan, channel, question, answers),
    vote: (question) => discord.vote(world.dan, named(question), answers[0]),
    standing: (text) =>
      find(text).map(({ reactions }) => ({
        reactions: [...reactions].flatMap(([emoji, users]) =>
          [...users].filter((user) => user !== world.dan.id).map(() => emoji),
        ),
        votes: [],
      })),
  };
};

const onTelegram = ({ stage, world, vera }: ActWorld, group: Supergroup): ActSide => {
  const { telegram } = stage;
  const textOf = ({ media, text }: TelegramPost): string =>
    media?.kind === "poll" ? media.question.text : text;
  const find = (text: string) =>
    telegram.messages(group).filter((post) => !post.deleted && textOf(post).endsWith(text));
  const named = (text: string) => one(find(text).at(-1), text);
  const votesIn = ({ media }: TelegramPost): readonly string[] => {
    if (media?.kind !== "poll") return [];
    const chosen = media.votes.get(vera.id) ?? [];
    return media.answers
      .filter(({ option }) => chosen.includes(option.toString("hex")))
      .map(({ text }) => text.text);
  };
  return {
    say: (text) => telegram.say(world.dora, group, text),
    react: (text, on) => telegram.people.react(named(text), world.dora, ...(on ? [thumb] : [])),
    edit: (text, now) => telegram.edit(named(text), now),
    remove: (text) => telegram.remove(named(text)),
    poll: (question) =>
      telegram.say(world.dora, group, "", { media: telegram.studio.poll(question, [...answers]) }),
    vote: (question) => telegram.people.vote(named(question), world.dora, 0),
    standing: (text) =>
      find(text).map((post) => ({
        reactions: [...post.reactions].flatMap(([account, list]) =>
          account === world.dora
            ? []
            : list.map(({ reaction }) =>
                reaction instanceof Api.ReactionEmoji ? reaction.emoticon : "custom",
              ),
        ),
        votes: votesIn(post),
      })),
  };
};

/** The chat of that name on that network. */
export const sideOf = (acts: ActWorld, network: NetworkSide, name: string): ActSide => {
  const { irc, slack, discord, telegram } = acts.chats;
  switch (network) {
    case "irc":
      return onIrc(acts, one(irc.get(name), name));
    case "slack":
      return onSlack(acts, one(slack.get(name), name));
    case "discord":
      return onDiscord(acts, one(discord.get(name), name));
    case "telegram":
      return onTelegram(acts, one(telegram.get(name), name));
    default:
      return network satisfies never;
  }
};
