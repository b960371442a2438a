import assert from "node:assert/strict";
import { chatId } from "@bridgebox/core/adapter";
import type { ServerMessage, Stage } from "@bridgebox/core/testing";
import { contract } from "@bridgebox/core/testing";
import type { IrcOptions, IrcPerson } from "../../../test/networks/irc/index.ts";
import { everyCap, IrcServer } from "../../../test/networks/irc/index.ts";
import { irc } from "./index.ts";

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

const skip = [
  {
    case: "reacts, again without a fuss, and takes it back",
    reason: "a server without ids has no reactions: a line says it, once, and stays",
  },
] as const;

/** What no IRC server has. */
const nowhere = [
  // Only the relay is the box's own, and no login flow gives one.
  "tells what is said to the account alone, and answers there",
  "hands over an edit",
  "edits what it sent",
  "hands over what is said in a thread, with its root",
  "says something in a thread",
  "hands over a poll, a vote and its end",
  "votes, otherwise, and not at all",
  "sends a poll, and ends it",
  "hands over a place",
  "sends a place",
  "pins, again without a fuss, and lets go",
  "hands over a pin",
  "hands over a file as a pointer that opens, also after a restart",
  "a file that nobody waits for is not opened",
  "sends a file of each kind that the chat takes, whole and with its caption",
  "a file that breaks off on its way is not shown, and is no mistake of ours",
  "a file that is too large says so, and reached nobody",
] as const;

/** And where it gives no ids and keeps nothing. */
const gaps = [
  ...nowhere,
  "what was refused is not acknowledged: it comes again",
  "what was not committed yet is not acknowledged either",
  "goes on where it was after a restart",
  "hands over a removal",
  "hands over a reply with its target",
  "removes what it sent, and again without a fuss",
  "replies to what was said",
  "reads history, oldest first",
  "names in history all that is there, where it promises that the rest was deleted",
  "removing what was never there is no surprise",
  "hands over a reaction, and that it is taken back",
  "what was never sent is not found",
] as const;

contract(irc, { start: () => stage({}, false), skip, gaps });
contract(irc, { start: () => stage({ caps: [...confirming] }, false), skip, gaps });
contract(irc, { start: () => stage({ caps: everyCap }, true), gaps: nowhere });
