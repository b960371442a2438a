import { Api } from "telegram/tl/index.js";
import { TelegramServer } from "../networks/telegram/index.ts";
import type { Network, Seen } from "./network.ts";
import { thumb } from "./network.ts";

const phone = "15550009";

/** A private chat of two people; Ana logs in by the code that comes to her telephone. */
export const telegram = async (): Promise<Network> => {
  const server = await TelegramServer.listen({});
  return {
    id: "telegram",
    settings: {
      api_id: String(server.apiId),
      api_hash: server.apiHash,
      "server.host": "127.0.0.1",
      "server.port": String(server.port),
      "server.dc": String(server.dcId),
      "server.public_key": server.publicKeyPem,
    },
    lose: () => server.stop(),
    regain: () => server.start(),
    close: () => server.close(),
    wrong: () => [...server.unhandled, ...server.faults],
    enter: () => {
      const me = server.addUser({ phone, firstName: "Ana", username: "anathe" });
      const bobby = server.addUser({ phone: "15550002", firstName: "Bob", username: "bobthe" });
      const find = (text: string) =>
        server.messages(me, bobby).find((post) => !post.deleted && post.text === text);
      const named = (text: string) => {
        const post = find(text);
        if (post === undefined) throw new Error(`nobody said ${text} on Telegram`);
        return post;
      };
      return Promise.resolve({
        logIn: async (ana, talk) => {
          await talk.ask("login telegram phone");
          await talk.ask(`+${phone}`);
          await ana.send(talk.room, server.code(phone));
          await talk.heard(/^Logged in as Ana/);
        },
        ghost: /^@telegram_/,
        own: (text) => server.say(me, bobby, text),
        bob: {
          say: (text) => server.say(bobby, me, text),
          edit: (text, now) => server.edit(named(text), now),
          react: (text, on) => server.people.react(named(text), bobby, ...(on ? [thumb] : [])),
          reply: (to, text) => server.say(bobby, me, text, { replyTo: named(to) }),
          remove: (text) => server.remove(named(text)),
        },
        see: (text): Seen | undefined => {
          const post = find(text);
          return (
            post && {
              isHers: post.from === me,
              answers: post.replyTo?.text,
              reactions: [...post.reactions].flatMap(([account, list]) =>
                account === bobby
                  ? []
                  : list.map(({ reaction }) =>
                      reaction instanceof Api.ReactionEmoji ? reaction.emoticon : "custom",
                    ),
              ),
            }
          );
        },
        fallback: { thread: "reply" },
        left: () => server.devices(me) === 0,
      });
    },
  };
};
