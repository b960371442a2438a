import { chatId } from "@bridgebox/core/adapter";
import { contract } from "@bridgebox/core/testing";
import { irc } from "@bridgebox/irc";
import { IrcServer } from "../networks/irc/index.ts";
import type { IrcPerson } from "../networks/irc/index.ts";

const room = "#room";

contract(irc, {
  start: async () => {
    const server = await IrcServer.listen();
    const people: IrcPerson[] = [];
    const enter = async (): Promise<void> => {
      const bob = await server.user("bob");
      people.push(bob);
      await bob.join(room);
    };
    await enter();
    return {
      config: {
        server: server.host,
        port: server.port,
        tls: false,
        nick: "bridge",
        channels: [],
        flood: "off",
      },
      logins: [{ flow: "nick", script: { answers: { nick: "alice", account: "" } } }],
      chat: () => ({ id: chatId(room) }),
      // A channel is made by entering it; only a person can be absent.
      nowhere: (receiver) => ({ id: chatId("nobody"), receiver }),
      ready: () => server.until((it) => it.channel(room)?.members.has("alice") === true),
      person: { say: async (text) => people.at(-1)?.say(room, text) },
      messages: () =>
        people
          .flatMap(({ seen }) => seen)
          .filter(({ command, params }) => command === "PRIVMSG" && params[0] === room)
          .map(({ from, params }) => ({ text: params[1] ?? "", ours: from === "alice" })),
      faults: {
        cut: () => server.dropConnections("alice"),
        stop: () => server.stop(),
        start: async () => {
          await server.start();
          await enter();
        },
        swallowReply: () => server.swallow(1),
      },
      violations: () => server.violations.map(({ line, why }) => `${why}: ${line}`),
      close: () => server.close(),
    };
  },
});
