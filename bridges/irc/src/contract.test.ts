import { chatId } from "@bridgebox/core/adapter";
import type { ServerMessage, Stage } from "@bridgebox/core/testing";
import { contract } from "@bridgebox/core/testing";
import type { IrcPerson } from "../../../test/networks/irc/index.ts";
import { IrcServer } from "../../../test/networks/irc/index.ts";
import { irc } from "./index.ts";

const room = "#room";
const password = "correct horse battery";

async function stage(caps: readonly string[]): Promise<Stage> {
  const server = await IrcServer.listen({ caps, accounts: { carol: password } });
  const people: IrcPerson[] = [];
  const arrive = async () => {
    const alice = await server.user("alice");
    await alice.join(room);
    people.push(alice);
  };
  await arrive();
  const messages = () =>
    people
      .flatMap(({ seen }) => seen)
      .filter(({ command, params: [to] }) => command === "PRIVMSG" && to === room)
      .map(({ from, params: [, text = ""] }): ServerMessage => ({ text, ours: from === "carol" }));
  return {
    config: {
      server: server.host,
      port: server.port,
      tls: false,
      nick: "bridge",
      flood: "off",
    },
    logins: [{ flow: "nick", script: { answers: { nick: "carol", account: "carol", password } } }],
    chat: () => ({ id: chatId(room) }),
    nowhere: (login) => ({ id: chatId("nobody"), receiver: login }),
    ready: () => server.until(() => server.channel(room)?.members.has("carol") === true),
    person: { say: async (text) => people.at(-1)?.say(room, text) },
    messages,
    faults: {
      cut: () => server.dropConnections(),
      stop: () => server.stop(),
      start: async () => {
        await server.start();
        await arrive();
      },
      swallowReply: () => server.swallow(1),
    },
    violations: () => server.violations.map(({ line, why }) => `${why}: ${line}`),
    close: () => server.close(),
  };
}

contract(irc, { start: () => stage([]) });
contract(irc, {
  start: () => stage(["echo-message", "labeled-response", "message-tags", "server-time"]),
});
