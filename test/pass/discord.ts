import { DiscordServer } from "../networks/discord/index.ts";
import type { Network, Seen } from "./network.ts";
import { thumb } from "./network.ts";

/** A server with a channel; Ana gives the token of a bot of her own, and speaks as that. */
export const discord = async (): Promise<Network> => {
  const server = await DiscordServer.listen();
  return {
    id: "discord",
    settings: {
      "server.api": server.api,
      "server.media": `["${new URL(server.base).host}"]`,
    },
    lose: () => server.stop(),
    regain: () => server.start(),
    close: () => server.close(),
    wrong: () => server.violations,
    enter: () => {
      const bobby = server.addUser({ username: "bob", global_name: "Bob" });
      const guild = server.addGuild("Club", [server.addUser({ username: "owner" }), bobby]);
      const chat = server.addChannel(guild, { name: "pass" });
      const find = (text: string) =>
        server.posts(chat).find(({ message }) => message.content === text);
      const named = (text: string) => {
        const post = find(text);
        if (post === undefined) throw new Error(`nobody said ${text} on Discord`);
        return post;
      };
      return Promise.resolve({
        logIn: async (ana, talk) => {
          await talk.ask("login discord bot");
          await ana.send(talk.room, server.token);
          await talk.heard(/^Logged in as /);
        },
        ghost: /^@discord_/,
        bob: {
          say: (text) => server.say(bobby, chat, text),
          edit: (text, now) => server.edit(named(text), now),
          react: (text, on) => server.world.react(named(text), bobby, thumb, on),
          reply: (to, text) => server.reply(bobby, named(to), text),
          remove: (text) => server.remove(named(text)),
        },
        see: (text): Seen | undefined => {
          const post = find(text);
          if (post === undefined) return undefined;
          const about = post.message["message_reference"] as { message_id?: string } | undefined;
          const target = server.posts(chat).find(({ message }) => message.id === about?.message_id);
          return {
            isHers: post.message.author.id === server.bot.id,
            answers: target?.message.content,
            reactions: [...post.reactions].flatMap(([emoji, users]) =>
              [...users].some((user) => user !== bobby.id) ? [emoji] : [],
            ),
          };
        },
        fallback: { thread: "reply" },
        left: () => server.gateway.connected === 0,
      });
    },
  };
};
