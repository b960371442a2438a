import { chatId, type ChatRef, type LoginId } from "@bridgebox/core/adapter";
import { contract, type Stage } from "@bridgebox/core/testing";
import { TelegramServer, type Account, type Post } from "../../../test/networks/telegram/index.ts";
import { telegram } from "./index.ts";

const answersOf = (server: TelegramServer, account: Account) => ({
  phone: `+${account.phone}`,
  code: () => server.code(account.phone ?? ""),
  password: account.password ?? "",
  token: account.token ?? "",
});

const start = async (): Promise<Stage> => {
  const server = await TelegramServer.listen();
  const alice = server.addUser({ phone: "15550001", username: "alice", firstName: "Alice" });
  const bob = server.addUser({ phone: "15550002", username: "bobby", firstName: "Bob" });
  const bot = server.addUser({ username: "bridgebot", firstName: "Bridge", token: "111222:AAAA" });
  const group = server.addSupergroup("Lounge", [bob, alice, bot]);
  const chat: ChatRef = { id: chatId(`channel:${group.id}`) };
  const named = (text: string): Post => {
    const post = server.messages(group).findLast((each) => each.text === text);
    if (post === undefined) throw new Error(`nobody said ${text}`);
    return post;
  };
  const nowhere = (login: LoginId): ChatRef => ({ id: chatId("user:999999"), receiver: login });
  return {
    config: {
      api_id: server.apiId,
      api_hash: server.apiHash,
      server: {
        host: "127.0.0.1",
        port: server.port,
        public_key: server.publicKeyPem,
        dc: server.dcId,
      },
    },
    logins: [
      { flow: "phone", script: { answers: answersOf(server, alice) } },
      { flow: "bot", script: { answers: answersOf(server, bot) } },
    ],
    chat: () => chat,
    nowhere,
    person: {
      say: async (text) => server.say(bob, group, text),
      answer: async (to, text) => server.say(bob, group, text, { replyTo: named(to) }),
      edit: async (old, text) => server.edit(named(old), text),
      remove: async (text) => server.remove(named(text)),
    },
    messages: () =>
      server
        .messages(group)
        .filter((post) => post.action === undefined)
        .map((post) => ({
          text: post.text,
          ours: post.from === alice,
          ...(post.replyTo === undefined ? {} : { answers: post.replyTo.text }),
        })),
    faults: {
      cut: () => server.dropConnections(),
      stop: () => server.stop(),
      start: () => server.start(),
      swallowReply: () => server.swallowReply("messages.SendMessage"),
    },
    violations: () => [...server.unhandled, ...server.faults.map(String)],
    close: () => server.close(),
  };
};

contract(telegram, { start });
