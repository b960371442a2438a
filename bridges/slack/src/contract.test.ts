import { chatId } from "@bridgebox/core/adapter";
import { contract, type Stage } from "@bridgebox/core/testing";
import { SlackServer, type Post } from "../../../test/networks/slack/index.ts";
import { nameOf } from "./emoji.ts";
import { slack } from "./index.ts";
import { gaps } from "./testing/gaps.ts";
import { shownText } from "./testing/shown-text.ts";

const start = async (): Promise<Stage> => {
  const server = await SlackServer.listen();
  const { app, bot, botToken } = server.addApp();
  const bob = server.addUser("bob");
  const ana = server.addUser("ana");
  const general = server.addChannel("general", [bob, ana, bot]);
  const person = server.addToken("user", ana, app);
  const session = server.addToken("session", ana);
  const named = (text: string): Post => {
    const post = general.posts.findLast((each) => each.text === text);
    if (post === undefined) throw new Error(`nobody said ${text}`);
    return post;
  };
  return {
    config: {
      bot_token: botToken.text,
      app_token: app.appToken,
      client_id: app.clientId,
      client_secret: app.clientSecret,
      api_url: server.apiUrl,
    },
    logins: [
      { flow: "app", script: { answers: { bot_token: botToken.text, app_token: app.appToken } } },
      { flow: "token", script: { answers: { token: person.text } } },
      {
        flow: "session",
        script: { answers: { token: session.text, cookie: session.cookie ?? "" } },
      },
      { flow: "oauth", script: { returned: (url) => server.approve(url, ana) } },
    ],
    chat: () => ({ id: chatId(general.id) }),
    nowhere: () => ({ id: chatId("C0NOWHERE00") }),
    person: {
      say: async (text) => server.say(bob, general, escapedByClient(text)),
      answer: async (to, text) => server.say(bob, general, text, { thread: named(to) }),
      edit: async (old, text) => server.edit(general, named(old), text),
      remove: async (text) => server.remove(general, named(text)),
      react: async (text, emoji, on) =>
        server.react(general, named(text), { user: bob, name: nameOf(emoji) ?? "", on }),
      sayInThread: async (root, text) => server.say(bob, general, text, { thread: named(root) }),
      pin: async (text) => server.pin(general, named(text), { user: bob }),
      show: async ({ name, mime, bytes, text }) => {
        const file = server.addFile(bob, name, bytes, { mime });
        server.say(bob, general, text, { files: [file] });
      },
      whisper: async (text) => server.say(bob, server.direct(bob, bot), text),
    },
    whispered: () =>
      server
        .direct(bob, bot)
        .posts.filter(({ user }) => user !== bob)
        .map(({ text }) => text),
    files: () =>
      general.posts
        .filter(({ user }) => user === bot)
        .flatMap((post) =>
          post.files.flatMap(({ name, bytes }) =>
            bytes === undefined ? [] : [{ name, bytes, text: shownText(post) }],
          ),
        ),
    messages: () =>
      general.posts.map((post) => {
        const root = general.posts.find(({ ts }) => ts === post.threadTs);
        return {
          text: shownText(post),
          ours: post.user === bot,
          ...(root === undefined ? {} : { answers: root.text, thread: root.text }),
          reactions: post.reactions
            .filter(({ users }) => users.includes(bot))
            .map(({ name }) => name),
          pinned: general.pins.has(post.ts),
        };
      }),
    faults: {
      cut: () => server.dropConnections(),
      stop: () => server.stop(),
      start: () => server.start(),
      swallowReply: () => server.swallowReply("chat.postMessage"),
    },
    violations: () => server.violations,
    close: () => server.close(),
  };
};

/** What Slack's own clients do to what is typed. */
const escapedByClient = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

contract(slack, { start, gaps });
