import assert from "node:assert/strict";
import { chatId } from "@bridgebox/core/adapter";
import type { ServerMessage, Stage } from "@bridgebox/core/testing";
import { contract } from "@bridgebox/core/testing";
import type { IrcOptions, IrcPerson } from "../../../test/networks/irc/index.ts";
import { everyCap, IrcServer } from "../../../test/networks/irc/index.ts";
import { irc } from "./index.ts";
import { gaps, nowhere, skip } from "./testing/gaps.ts";

const room = "#room";
const password = "correct horse battery";

/** What stands in the channel on a server that has no ids: what its people saw. */
const seenBy = (people: readonly IrcPerson[]): readonly ServerMessage[] =>
  people
    .flatMap(({ seen }) => seen)
    .filter(({ command, params: [to] }) => command === "PRIVMSG" && to === room)
    .map(({ from, params: [, text = ""] }) => ({ text, ours: from === "carol" }));

/** What carol reacts to that message with, all taken back ones left out. */
function reactionsTo(server: IrcServer, msgid: string): readonly string[] {
  const now = new Set<string>();
  for (const { nick, answers, tags } of server.said(room)) {
    if (nick !== "carol" || answers !== msgid) continue;
    const [given, taken] = [tags.get("+draft/react"), tags.get("+draft/unreact")];
    if (given !== undefined) now.add(given);
    if (taken !== undefined) now.delete(taken);
  }
  return [...now];
}

/** What stands there on one that remembers. */
function remembered(server: IrcServer): readonly ServerMessage[] {
  const said = server.said(room).filter(({ verb }) => verb === "PRIVMSG");
  return said.map(({ nick, text, answers, msgid: own }) => {
    const target = said.find(({ msgid }) => msgid === answers)?.text;
    return {
      text,
      ours: nick === "carol",
      reactions: reactionsTo(server, own),
      ...(target === undefined ? {} : { answers: target }),
    };
  });
}

async function stage(options: IrcOptions, whole: boolean): Promise<Stage> {
  const server = await IrcServer.listen({ ...options, accounts: { carol: password } });
  const people: IrcPerson[] = [];
  const arrive = async () => {
    const alice = await server.user("alice");
    await alice.join(room);
    people.push(alice);
  };
  await arrive();
  const alice = () => {
    const one = people.at(-1);
    assert.ok(one);
    return one;
  };
  const idOf = (text: string) => {
    const found = server.said(room).findLast((one) => one.text === text);
    assert.ok(found);
    return found.msgid;
  };
  return {
    config: {
      // What is said in lines is what these cases are about; of links to long texts are the tests of paste.
      paste_lines: 0,
      server: server.host,
      port: server.port,
      tls: false,
      nick: "bridge",
      flood: "off",
    },
    ...(whole ? { ids: "shared" } : {}),
    logins: [{ flow: "nick", script: { answers: { nick: "carol", account: "carol", password } } }],
    chat: () => ({ id: chatId(room) }),
    nowhere: (login) => ({ id: chatId("nobody"), receiver: login }),
    ready: () => server.until(() => server.channel(room)?.members.has("carol") === true),
    person: {
      say: async (text) => alice().say(room, text),
      empower: () => alice().mode(room, "+o", "carol"),
      ...(whole && {
        answer: async (to: string, text: string) =>
          alice().raw(`@+draft/reply=${idOf(to)} PRIVMSG ${room} :${text}`),
        react: async (to: string, emoji: string, on: boolean) =>
          alice().raw(
            `@+draft/${on ? "react" : "unreact"}=${emoji};+draft/reply=${idOf(to)} TAGMSG ${room}`,
          ),
        remove: async (text: string) => alice().command(`REDACT ${room} ${idOf(text)}`),
      }),
    },
    messages: () => (whole ? remembered(server) : seenBy(people)),
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

const confirming = ["echo-message", "labeled-response", "message-tags", "server-time"];

contract(irc, { start: () => stage({}, false), skip, gaps });
contract(irc, { start: () => stage({ caps: [...confirming] }, false), skip, gaps });
contract(irc, { start: () => stage({ caps: everyCap }, true), gaps: nowhere });
