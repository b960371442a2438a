import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Connection, Content, MessageId, Speaker } from "@bridgebox/core/adapter";
import { firstPart, userId } from "@bridgebox/core/adapter";
import { createAttempt, nothingKept } from "@bridgebox/core/testing";
import { toPlain } from "@bridgebox/core/richtext";
import { everyCap } from "../../../test/networks/irc/index.ts";
import type { Joined } from "./testing/fixture.ts";
import { channel, messages, puppetOn, relayOn, serverFor } from "./testing/fixture.ts";

const self: Speaker = { as: "self" };
const signal = () => AbortSignal.timeout(3000);
const full = { caps: everyCap } as const;

const text = (words: string): Content => ({
  parts: [
    {
      id: firstPart,
      kind: "text",
      text: words.split("\n").map((line) => ({ t: "para", of: [{ t: "text", text: line }] })),
    },
  ],
});

const has = (connection: Connection, method: keyof Connection): boolean =>
  connection[method] !== undefined;

/** Sends a message as the engine does; gives what the network made of it. */
async function sent({ connection }: Joined, content: Content, speaker = self) {
  const ids: MessageId[] = [];
  const drafts = connection.plan?.({ chat: channel, speaker, content, at: 0 }) ?? [];
  for (const draft of drafts) {
    const result = await connection.send({ chat: channel, draft, speaker }, createAttempt());
    assert.equal(result.state, "sent");
    ids.push(result.sent.id);
  }
  return ids;
}

const plain = ({ content: { parts } }: { content: Content }) =>
  parts.map((part) => (part.kind === "text" ? toPlain(part.text) : "")).join("");

describe("a server that gives ids", () => {
  it("names each message both ways, so that replies find it", async (t) => {
    const server = await serverFor(t, full);
    const alice = await server.user("alice");
    await alice.join("#room");
    const relay = await relayOn(t, server);
    const [id] = await sent(relay, text("what time is it?"));
    const said = server.said("#room")[0];
    assert.equal(id, `=${said?.msgid}`);
    alice.raw(`@+reply=${said?.msgid} PRIVMSG #room :late`);
    const answer = await relay.host.until(() => messages(relay.host)[0]);
    assert.equal(answer.content.replyTo?.id, id);
    assert.equal(answer.key, server.said("#room")[1]?.msgid);
    const replyTo = { id: answer.id, sender: userId("alice"), excerpt: "late" };
    await sent(relay, { ...text("very"), replyTo });
    const last = server.said("#room").at(-1);
    assert.deepEqual([last?.text, `=${last?.answers}`], ["very", answer.id]);
  });

  it("says a reply in words where the server takes no such tag or the message has no id", async (t) => {
    const server = await serverFor(t, { caps: everyCap, tagDeny: "*,-typing" });
    const alice = await server.user("alice");
    await alice.join("#room");
    const relay = await relayOn(t, server);
    alice.say("#room", "late");
    const { id } = await relay.host.until(() => messages(relay.host)[0]);
    await sent(relay, {
      ...text("very"),
      replyTo: { id, sender: userId("alice"), excerpt: "late" },
    });
    await alice.until(({ params }) => params[1] === 'alice: "late" very');
    assert.equal(server.said("#room").at(-1)?.answers, undefined);
  });

  it("carries reactions both ways, and takes them back", async (t) => {
    const server = await serverFor(t, full);
    const alice = await server.user("alice");
    await alice.join("#room");
    const { host, connection, ...relay } = await relayOn(t, server);
    const [id] = await sent({ host, connection, ...relay }, text("cake?"));
    assert.ok(id);
    const msgid = id.slice(1);
    alice.raw(`@+draft/react=👍;+draft/reply=${msgid} TAGMSG #room`);
    alice.raw(`@+draft/unreact=👍;+draft/reply=${msgid} TAGMSG #room`);
    const seen = () => host.of("reactions");
    await host.until(() => seen()[1]);
    assert.deepEqual(
      seen().map((one) => [one.id, one.complete, one.set[0]?.emoji, one.set[0]?.on]),
      [
        [id, "delta", "👍", true],
        [id, "delta", "👍", false],
      ],
    );
    assert.equal(seen()[0]?.set[0]?.user, "alice");
    const said = await say(alice, "cake!", host);
    for (const on of [true, false]) {
      await connection.react?.(channel, { id: said, emoji: "🎂", on }, self, signal());
    }
    const tags = ["+draft/react", "+draft/unreact"].map((name) =>
      alice.seen.find((line) => line.command === "TAGMSG" && line.tags.get(name) === "🎂"),
    );
    assert.deepEqual(
      tags.map((line) => `=${line?.tags.get("+draft/reply")}`),
      [said, said],
    );
  });

  it("deletes both ways, and what is gone already is no surprise", async (t) => {
    const server = await serverFor(t, full);
    const alice = await server.user("alice");
    await alice.join("#room");
    const relay = await relayOn(t, server);
    const [id] = await sent(relay, text("oops"));
    assert.ok(id);
    await relay.connection.remove?.(channel, id, self, signal());
    await relay.connection.remove?.(channel, id, self, signal());
    assert.deepEqual(server.said("#room"), []);
    const said = await say(alice, "never mind", relay.host);
    await alice.command(`REDACT #room ${said.slice(1)} :typo`);
    const [gone] = await relay.host.until(() => {
      const all = relay.host.of("delete");
      return all.length > 0 && all;
    });
    assert.deepEqual([gone?.ids, gone?.sender, gone?.for], [[said], "alice", "all"]);
    const other = await say(alice, "mine", relay.host);
    await assert.rejects(async () => relay.connection.remove?.(channel, other, self, signal()), {
      code: "forbidden",
      reached: "no",
    });
  });

  it("sends many lines as one message and takes many as one", async (t) => {
    const server = await serverFor(t, full);
    const alice = await server.user("alice");
    await alice.join("#room");
    const relay = await relayOn(t, server);
    const long = `${"word ".repeat(200)}end`;
    const ids = await sent(relay, text(`first\n${long}\nlast`));
    assert.equal(ids.length, 1);
    assert.equal(server.said("#room")[0]?.text, `first\n${long}\nlast`);
    alice.raw("BATCH +x draft/multiline #room");
    alice.raw("@batch=x PRIVMSG #room :one");
    alice.raw("@batch=x;draft/multiline-concat PRIVMSG #room : goes on");
    alice.raw("@batch=x PRIVMSG #room :\x02two\x02");
    alice.raw("BATCH -x");
    const event = await relay.host.until(() => messages(relay.host)[0]);
    assert.equal(plain(event), "one goes on\ntwo");
    assert.equal(event.id, `=${server.said("#room").at(-1)?.msgid}`);
    const tooLong = Array.from({ length: 250 }, (_, at) => `line ${at}`).join("\n");
    assert.equal((await sent(relay, text(tooLong))).length, 3);
  });

  it("tells of typing both ways, seldom enough", async (t) => {
    const server = await serverFor(t, full);
    const alice = await server.user("alice");
    await alice.join("#room");
    const { host, connection } = await relayOn(t, server);
    for (const typing of ["active", "paused", "done"]) {
      alice.raw(`@+typing=${typing} TAGMSG #room`);
    }
    await say(alice, "typed", host);
    const typing = host.events.flatMap((event) => (event.kind === "typing" ? [event.what] : []));
    assert.deepEqual(typing, ["text", "none", "none"]);
    for (let time = 0; time < 20; time += 1) connection.typing?.(channel, "text");
    connection.typing?.(channel, "none");
    connection.typing?.(channel, "none");
    await alice.until(({ tags }) => tags.get("+typing") === "done");
    const ours = server.lines.filter(({ nick, line }) => nick === "bridge" && /typing/.test(line));
    assert.equal(ours.length, 2);
  });

  it("speaks under others' names where it may, and else with them in front", async (t) => {
    const server = await serverFor(t, full);
    const alice = await server.user("alice");
    await alice.join("#room");
    const relay = await relayOn(t, server);
    const bob: Speaker = { as: "relay", handle: "@bob:x", name: "Bob the <Builder>, \u202ejr\n!x" };
    const native = () => relay.host.of("chat").at(-1)?.info.features?.relay.text;
    assert.equal(native(), "prefix");
    await sent(relay, text("before"), bob);
    await alice.until(({ params }) => params[1] === "<Bob the Builder, jr !x> before");
    await alice.mode("#room", "+o", "bridge");
    await relay.host.until(() => native() === "native");
    await sent(relay, text("after\nthis"), bob);
    const line = await alice.until(({ params }) => params[1] === "this");
    assert.equal(line.from, "Bob_the_Builder_jr_x/m");
    assert.equal(line.tags.get("draft/relaymsg"), "bridge");
    alice.say("#room", "marker");
    await relay.host.until(() => messages(relay.host).some((one) => plain(one) === "marker"));
    assert.equal(messages(relay.host).length, 1, "what it relayed is no news");
  });

  it("looks a message up, and knows where it cannot tell", async (t) => {
    const server = await serverFor(t, full);
    const alice = await server.user("alice");
    await alice.join("#room");
    const relay = await relayOn(t, server);
    const { connection } = relay;
    const attempt = createAttempt();
    const [draft] =
      connection.plan?.({ chat: channel, speaker: self, content: text("x"), at: 0 }) ?? [];
    assert.ok(draft);
    const order = { chat: channel, draft, speaker: self };
    assert.deepEqual(await connection.find?.(order, attempt), { state: "unknown" });
    const result = await connection.send(order, attempt);
    const found = await connection.find?.(order, attempt);
    assert.ok(found?.state === "sent" && result.state === "sent");
    assert.equal(found.sent.id, result.sent.id);
    const later = { ...createAttempt(), firstAt: Date.now() + 3_600_000 };
    assert.deepEqual(await connection.find?.(order, later), { state: "absent" });
    assert.deepEqual(await connection.find?.(order, createAttempt()), { state: "unknown" });
  });

  it("does more and less as capabilities come and go", async (t) => {
    const server = await serverFor(t, {
      caps: everyCap.filter((name) => name !== "draft/message-redaction"),
    });
    const { connection, host } = await relayOn(t, server);
    assert.ok(!has(connection, "remove"));
    server.offer("draft/message-redaction");
    await host.until(() => has(connection, "remove"));
    const can = () => host.of("chat").at(-1)?.info.features?.can ?? [];
    await host.until(() => can().includes("remove"));
    server.withdraw("draft/message-redaction");
    await host.until(() => !can().includes("remove"));
    assert.ok(!has(connection, "remove"));
    server.offer("draft/relaymsg");
  });

  it("tells of accounts, of who is away and of a split as one change", async (t) => {
    const server = await serverFor(t, { ...full, accounts: { ann: "x" } });
    const ann = await server.user("ann", { account: "ann" });
    await ann.join("#room");
    const [bob, eve] = [await server.user("bob"), await server.user("eve")];
    await bob.join("#room");
    await eve.join("#room");
    const { host } = await relayOn(t, server);
    await say(ann, "hi", host);
    const infos = () => host.of("user").map(({ user, info }) => [user, info.identifiers?.[0]]);
    assert.deepEqual(infos(), [["ann", "irc-account:ann"]]);
    server.logIn("bob", "robert");
    await ann.command("AWAY :tea");
    await ann.command("AWAY");
    server.chghost("bob", "b", "new.host");
    bob.raw("SETNAME :Robert");
    await say(bob, "still here", host);
    assert.deepEqual(infos()[1], ["bob", "irc-account:robert"]);
    const presence = host.events.flatMap((event) =>
      event.kind === "presence" ? [[event.user, event.state, event.text]] : [],
    );
    assert.deepEqual(presence, [
      ["ann", "away", "tea"],
      ["ann", "online", undefined],
    ]);
    server.netsplit(["bob", "eve"]);
    const left = await host.until(() =>
      host.of("members").find(({ list }) => list.some(({ state }) => state === "leave")),
    );
    assert.deepEqual(
      left.list.map(({ user, state }) => [user, state]),
      [
        ["bob", "leave"],
        ["eve", "leave"],
      ],
    );
  });

  it("says that a person is away, not that the relay is", async (t) => {
    const server = await serverFor(t, full);
    const relay = await relayOn(t, server);
    const { connection } = await puppetOn(t, relay, { nick: "carol" });
    relay.connection.presence?.("away");
    connection.presence?.("away", "tea\r\nQUIT :x");
    await server.until(() => server.lookup("carol")?.away === "tea QUIT :x");
    connection.presence?.("online");
    await server.until(() => server.lookup("carol")?.away === undefined);
    assert.equal(server.lookup("bridge")?.away, undefined);
  });
});

describe("a server without ids", () => {
  it("says a reaction as a short line, if it is to", async (t) => {
    const server = await serverFor(t);
    const alice = await server.user("alice");
    await alice.join("#room");
    const relay = await relayOn(t, server);
    const id = await say(alice, "see you\x02 there\x02", relay.host);
    const like = (by: Speaker, on = true, of = id) =>
      relay.connection.react?.(channel, { id: of, emoji: "👍\r\nQUIT", on }, by, signal());
    await like(self);
    const words = 'ACTION reacted with 👍 QUIT to alice: "see you there"';
    await alice.until(({ params }) => params[1] === `\x01${words}\x01`);
    await like({ as: "relay", handle: "x", name: "Bob" });
    const line = await alice.until(({ command }) => command === "NOTICE");
    assert.equal(line.params[1], '<Bob> reacted with 👍 QUIT to alice: "see you there"');
    await assert.rejects(async () => like(self, false), { code: "unsupported", reached: "no" });
    assert.ok(!has(relay.connection, "remove"));
    assert.ok(!has(relay.connection, "find"));
    assert.ok(!has(relay.connection, "typing"));
    const silent = await relayOn(t, server, { more: { nick: "quiet", reactions: "off" } });
    assert.ok(!has(silent.connection, "react"));
  });
});

describe("a line that stands for a reaction", () => {
  it("is said once, and again only where it was not said", async (t) => {
    const server = await serverFor(t);
    const alice = await server.user("alice");
    await alice.join("#room");
    const relay = await relayOn(t, server);
    const id = await say(alice, "see you", relay.host);
    const like = () =>
      relay.connection.react?.(channel, { id, emoji: "👍", on: true }, self, signal());
    await alice.mode("#room", "+m");
    await assert.rejects(async () => like(), { code: "forbidden", reached: "no" });
    await alice.mode("#room", "-m");
    await like();
    await like();
    await relay.say("marker");
    await alice.until(({ params }) => params[1] === "marker");
    const lines = alice.seen.filter(({ params }) => /reacted with/.test(params[1] ?? ""));
    assert.equal(lines.length, 1);
  });
});

describe("a line that stands for a reaction of somebody with a nick of their own", () => {
  it("names what the relay heard", async (t) => {
    const server = await serverFor(t);
    const alice = await server.user("alice");
    await alice.join("#room");
    const relay = await relayOn(t, server);
    const puppet = await puppetOn(t, relay, { nick: "dora" });
    await puppet.say("hello");
    const id = await say(alice, "see you", relay.host);
    await puppet.connection.react?.(channel, { id, emoji: "👍", on: true }, self, signal());
    const line = await alice.until(({ params }) => /reacted with/.test(params[1] ?? ""));
    assert.match(line.params[1] ?? "", /reacted with 👍 to alice: "see you"/);
  });
});

describe("a line that stands for a reaction, of which nobody knows whether it was said", () => {
  it("is doubtful and not said twice, over a restart as well", async (t) => {
    const server = await serverFor(t);
    const alice = await server.user("alice");
    await alice.join("#room");
    const kept = nothingKept();
    const relay = await relayOn(t, server, { kept });
    const id = await say(alice, "see you", relay.host);
    const like = ({ connection }: Joined) =>
      connection.react?.(channel, { id, emoji: "👍", on: true }, self, signal());
    server.swallow(1);
    await assert.rejects(async () => like(relay), { code: "doubtful", reached: "unknown" });
    await relay.network.close();
    const again = await relayOn(t, server, { kept });
    await assert.rejects(async () => like(again), { code: "doubtful", reached: "unknown" });
    const said = () => alice.seen.filter(({ params }) => /reacted with/.test(params[1] ?? ""));
    await again.say("marker");
    await alice.until(({ params }) => params[1] === "marker");
    assert.equal(said().length, 1);
    await like(again);
    await again.network.close();
    await like(await relayOn(t, server, { kept }));
    await alice.command("PING x");
    assert.equal(said().length, 2, "asked for again after the doubt, and then known");
  });
});

/** Somebody says something; gives its id as the adapter tells it. */
async function say(
  person: { say(target: string, words: string): void },
  words: string,
  host: Joined["host"],
): Promise<MessageId> {
  person.say("#room", words);
  const bare = words.replaceAll("\x02", "");
  return (await host.until(() => messages(host).find((one) => plain(one) === bare))).id;
}
