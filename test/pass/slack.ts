import { SlackServer } from "../networks/slack/index.ts";
import type { Network, Seen } from "./network.ts";

/** A workspace with the admin's app in it; Ana gives the token of her account. */
export const slack = async (): Promise<Network> => {
  const server = await SlackServer.listen();
  const { app, bot, botToken } = server.addApp();
  return {
    id: "slack",
    settings: {
      bot_token: botToken.text,
      app_token: app.appToken,
      client_id: app.clientId,
      client_secret: app.clientSecret,
      api_url: server.apiUrl,
    },
    lose: () => server.stop(),
    regain: () => server.start(),
    close: () => server.close(),
    wrong: () => server.violations,
    enter: () => {
      const me = server.addUser("anna");
      const bobby = server.addUser("bob", { displayName: "Bob" });
      const token = server.addToken("user", me, app);
      const chat = server.addChannel("pass", [bobby, me, bot]);
      const find = (text: string) => chat.posts.find((post) => post.text === text);
      const named = (text: string) => {
        const post = find(text);
        if (post === undefined) throw new Error(`nobody said ${text} on Slack`);
        return post;
      };
      return Promise.resolve({
        logIn: async (ana, talk) => {
          await talk.ask("login slack token");
          await ana.send(talk.room, token.text);
          await talk.heard(/^Logged in as anna/);
        },
        ghost: /^@slack_/,
        own: (text) => server.say(me, chat, text),
        bob: {
          say: (text) => server.say(bobby, chat, text),
          edit: (text, now) => server.edit(chat, named(text), now),
          react: (text, on) => server.react(chat, named(text), { user: bobby, name: "+1", on }),
          thread: (root, text) => server.say(bobby, chat, text, { thread: named(root) }),
          remove: (text) => server.remove(chat, named(text)),
        },
        see: (text): Seen | undefined => {
          const post = find(text);
          const root = chat.posts.find(({ ts }) => ts === post?.threadTs);
          return (
            post && {
              isHers: post.user === me,
              answers: root?.text,
              thread: root?.text,
              reactions: post.reactions.flatMap(({ name, users }) =>
                name === "+1" && users.some((user) => user !== bobby) ? ["👍"] : [],
              ),
            }
          );
        },
        left: () => token.revoked,
        relayed: (text) => text,
      });
    },
  };
};
