import { chatId } from "@bridgebox/core/adapter";
import { contract } from "@bridgebox/core/testing";
import { telegram } from "@bridgebox/telegram";
import { TelegramServer } from "../networks/telegram/index.ts";

contract(telegram, {
  start: async () => {
    const server = await TelegramServer.listen();
    const alice = server.addUser({ phone: "15550001", username: "alice", firstName: "Alice" });
    const bob = server.addUser({ phone: "15550002", username: "bobby", firstName: "Bob" });
    const bot = server.addUser({ username: "bridgebot", firstName: "B", token: "111222:AAAAAAAA" });
    const group = server.addSupergroup("Room", [bob, alice, bot]);
    const posts = () => server.messages(group).filter(({ deleted, action }) => !deleted && !action);
    const named = (text: string) => {
      const post = posts().find((it) => it.text === text);
      if (!post) throw new Error(`Nobody said ${JSON.stringify(text)}.`);
      return post;
    };
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
        {
          flow: "phone",
          script: { answers: { phone: "+15550001", code: () => server.code("15550001") } },
        },
        { flow: "bot", script: { answers: { token: "111222:AAAAAAAA" } } },
      ],
      chat: () => ({ id: chatId(`channel:${group.id}`) }),
      nowhere: () => ({ id: chatId("channel:424242") }),
      ready: () => server.until(() => server.connected(alice)),
      person: {
        say: async (text) => server.say(bob, group, text),
        answer: async (to, text) => server.say(bob, group, text, { replyTo: named(to) }),
        edit: async (old, text) => server.edit(named(old), text),
        remove: async (text) => server.remove(named(text)),
      },
      messages: () =>
        posts().map(({ text, from, replyTo }) => ({
          text,
          ours: from === alice,
          ...(replyTo && { answers: replyTo.text }),
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
  },
});
