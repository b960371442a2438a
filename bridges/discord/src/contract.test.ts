import { chatId, type ChatRef } from "@bridgebox/core/adapter";
import { contract, type Stage } from "@bridgebox/core/testing";
import { DiscordServer, type Post } from "../../../test/networks/discord/index.ts";
import { discord } from "./index.ts";
import { gaps } from "./testing/gaps.ts";
import { configFor } from "./testing/fixture.ts";

/** What people read: without the backslashes that keep signs from being marks. */
const readable = (markdown: string): string => markdown.replaceAll(/\\([^0-9A-Za-z\s])/g, "$1");

const start = async (): Promise<Stage> => {
  const server = await DiscordServer.listen();
  const bob = server.addUser({ username: "bob", global_name: "Bob" });
  const owner = server.addUser({ username: "owner" });
  const guild = server.addGuild("The club", [owner, bob]);
  const channel = server.addChannel(guild, { name: "lounge" });
  const chat: ChatRef = { id: chatId(channel.id) };
  const textOf = ({ message }: Post): string => {
    const poll = message["poll"] as { question: { text: string } } | undefined;
    return poll?.question.text ?? readable(message.content);
  };
  const named = (text: string): Post => {
    const post = server.posts(channel).findLast((each) => textOf(each) === text);
    if (post === undefined) throw new Error(`nobody said ${text}`);
    return post;
  };
  return {
    config: configFor(server),
    logins: [{ flow: "bot", script: { answers: { token: server.token } } }],
    chat: () => chat,
    nowhere: () => ({ id: chatId("999999999999999999") }),
    person: {
      say: async (text) => server.say(bob, channel, text),
      answer: async (to, text) => server.reply(bob, named(to), text),
      edit: async (old, text) => server.edit(named(old), text),
      remove: async (text) => server.remove(named(text)),
      react: async (text, emoji, on) => server.world.react(named(text), bob, emoji, on),
      poll: async (question, options) => server.poll(bob, channel, question, options),
      vote: async (question, option) => server.vote(bob, named(question), option),
      closePoll: async (question) => server.world.endPoll(named(question)),
      pin: async (text) => server.world.pin(named(text), true),
      show: async ({ name, mime, bytes, text }) => {
        const data = Buffer.from(bytes);
        server.say(bob, channel, text, { files: [{ key: "files[0]", name, type: mime, data }] });
      },
      whisper: async (text) => server.say(bob, server.direct(bob), text),
    },
    whispered: () =>
      server
        .posts(server.direct(bob))
        .filter(({ message }) => message.author.id === server.bot.id)
        .map(textOf),
    files: () =>
      server
        .posts(channel)
        .filter(({ message }) => message.author === server.bot)
        .flatMap((post) =>
          server.filesOf(post).map(({ name, data }) => ({ name, bytes: data, text: textOf(post) })),
        ),
    messages: () =>
      server.posts(channel).map((post) => {
        const { message, reactions } = post;
        const target = message["referenced_message"] as { content: string } | undefined;
        const poll = message["poll"] as { results: { is_finalized: boolean } } | undefined;
        return {
          text: textOf(post),
          ours: message.author === server.bot,
          ...(target ? { answers: readable(target.content) } : {}),
          reactions: [...reactions].flatMap(([emoji, users]) =>
            users.has(server.bot.id) ? [emoji] : [],
          ),
          pinned: message.pinned,
          ...(poll?.results.is_finalized === true ? { closed: true } : {}),
        };
      }),
    faults: {
      cut: () => server.gateway.drop(),
      stop: () => server.stop(),
      start: () => server.start(),
      swallowReply: () => server.swallow(/^POST \/channels\/\d+\/messages$/),
    },
    violations: () => server.violations,
    close: () => server.close(),
  };
};

contract(discord, { start, gaps });
