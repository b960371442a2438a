import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { BridgeError, firstPart, type Draft, type RichText } from "@bridgebox/core/adapter";
import { fromPlain } from "@bridgebox/core/richtext";
import { createAttempt, until } from "@bridgebox/core/testing";
import { everyCap, type IrcOptions } from "../../../test/networks/irc/index.ts";
import { channel, relayOn, serverFor, type Joined } from "./testing/fixture.ts";

const self = { as: "self" } as const;
const never = new AbortController().signal;

const planned = ({ connection }: Joined, text: RichText): readonly Draft[] =>
  connection.plan?.({
    chat: channel,
    speaker: self,
    content: { parts: [{ id: firstPart, kind: "text", text }] },
    at: 0,
  }) ?? [];

const lines = (count: number): RichText => [
  { t: "pre", text: Array.from({ length: count }, (_, at) => `line ${at + 1}\n`).join("\n") },
];

const opened = async (t: TestContext, options: IrcOptions = {}, more = {}) => {
  const server = await serverFor(t, options);
  const alice = await server.user("alice");
  await alice.join("#room");
  const relay = await relayOn(t, server, { more });
  const sayAll = async (text: RichText) => {
    for (const draft of planned(relay, text))
      await relay.connection.send({ chat: channel, draft, speaker: self }, createAttempt());
    await alice.command("PING over");
  };
  const heard = () =>
    alice.seen.flatMap(({ command, params }) =>
      command === "PRIVMSG" ? [params[1]?.replaceAll("\u0011", "")] : [],
    );
  return { server, relay, sayAll, heard };
};

const contentOf = async ({ host }: Joined, at = 0): Promise<string> => {
  const { body } = await host.session().media.open({ locator: { held: at } }, never);
  return new Response(body).text();
};

test("a text of many lines goes as its first line and a link to all of it, as it was written", async (t) => {
  const { relay, sayAll, heard } = await opened(t);
  await sayAll(lines(12));
  assert.deepEqual(heard(), ["line 1", "… and 11 more lines: https://files.example/text.txt"]);
  const file = await contentOf(relay);
  assert.match(file, /line 1\n\nline 2\n/, "blank lines are in it");
  assert.match(file, /line 12/);
});

test("one of as many lines as are allowed goes line by line", async (t) => {
  const { sayAll, heard } = await opened(t, {}, { paste_lines: 12 });
  await sayAll(lines(12));
  assert.equal(heard().length, 12);
});

test("so does every text where that is switched off", async (t) => {
  const { sayAll, heard } = await opened(t, {}, { paste_lines: 0 });
  await sayAll(lines(30));
  assert.equal(heard().length, 30);
});

test("and where the box has no public address", async (t) => {
  const { relay } = await opened(t);
  relay.host.hasLinks = false;
  const login = relay.network.standing?.[0];
  assert.ok(login);
  const bare = await relay.network.connect(login, relay.host.session());
  t.after(() => bare.close());
  assert.equal(planned({ ...relay, connection: bare }, lines(30)).length, 30);
});

test("a server with messages of several lines gets them whole", async (t) => {
  const { relay } = await opened(t, { caps: everyCap });
  assert.equal(planned(relay, lines(30)).length, 1);
});

test("a relayed name stands before both", async (t) => {
  const { relay } = await opened(t);
  const speaker = { as: "relay", handle: "@ana:x", name: "Ana" } as const;
  const text = fromPlain(Array.from({ length: 12 }, (_, at) => `<Ana> line ${at}`).join("\n"));
  const drafts = relay.connection.plan?.({
    chat: channel,
    speaker,
    lead: "<Ana> ",
    content: { parts: [{ id: firstPart, kind: "text", text }] },
    at: 0,
  });
  assert.deepEqual(
    drafts?.map(({ plain }) => plain),
    ["<Ana> line 0", "<Ana> … and 11 more lines: "],
  );
});

test("while the homeserver takes no file nothing is said, and the next attempt says it once", async (t) => {
  const { relay, heard } = await opened(t);
  const { host } = relay;
  const [, draft] = planned(relay, lines(12));
  assert.ok(draft);
  const order = { chat: channel, draft, speaker: self };
  const attempt = createAttempt();
  const { keeping } = host;
  const away = new BridgeError("network", "It is away.", { reached: "no", scope: "item" });
  host.keeping = () => Promise.reject(away);
  await assert.rejects(relay.connection.send(order, attempt), away);
  assert.deepEqual(heard(), []);
  host.keeping = keeping;
  await relay.connection.send(order, attempt);
  host.keeping = () => Promise.reject(new Error("It was put there before."));
  await relay.connection.send(order, attempt);
  await until("both", () => heard().length === 2);
  const [first, again] = heard();
  assert.equal(first, again, "an attempt that is repeated has the same link");
});

test("one whose answer was lost is found by its link", async (t) => {
  const caps = everyCap.filter((name) => name !== "draft/multiline");
  const { relay, server } = await opened(t, { caps });
  const [, draft] = planned(relay, lines(12));
  assert.ok(draft);
  const order = { chat: channel, draft, speaker: self };
  const lost = createAttempt();
  const states = relay.host.states.length;
  server.swallow(1);
  await assert.rejects(relay.connection.send(order, lost), { reached: "unknown" });
  await until("back", () =>
    relay.host.states.slice(states).some(({ state }) => state === "connected"),
  );
  const found = await relay.connection.find?.(order, lost);
  assert.equal(found?.state, "sent");
});
