import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TestContext } from "node:test";
import type { ChatRef } from "@bridgebox/core/adapter";
import { chatId, firstPart, loginId, userId } from "@bridgebox/core/adapter";
import { createAttempt } from "@bridgebox/core/testing";
import type { IrcOptions } from "../../../test/networks/irc/index.ts";
import { everyCap } from "../../../test/networks/irc/index.ts";
import { channel, messages, puppetOn, relayOn, serverFor, textOf } from "./testing/fixture.ts";
import type { Joined } from "./testing/fixture.ts";
import { away, more, words } from "./testing/outage.ts";

const signal = () => AbortSignal.timeout(5000);
const mine = { id: chatId("@#room"), receiver: loginId("net:ana") };

/** Alice, the relay and Ana are operators of a channel in which Bob is too. */
const scene = async (t: TestContext, options: IrcOptions = {}) => {
  const server = await serverFor(t, options);
  const alice = await server.user("alice");
  await alice.join("#room");
  const relay = await relayOn(t, server);
  const ana = await puppetOn(t, relay, { nick: "ana" });
  await ana.connection.join?.(channel, signal());
  await alice.mode("#room", "+oo", "bridge", "ana");
  const bob = await server.user("bob");
  await bob.join("#room");
  return { server, alice, bob, relay, ana };
};

const texts = ({ host }: Joined, chat: ChatRef): readonly string[] =>
  messages(host)
    .filter(({ chat: at }) => at.id === chat.id && at.receiver === chat.receiver)
    .map(textOf);

const sendTo = async ({ connection }: Joined, chat: ChatRef, text: string) => {
  const speaker = { as: "self" } as const;
  const part = {
    id: firstPart,
    kind: "text",
    text: [{ t: "para", of: [{ t: "text", text }] }],
  } as const;
  const [draft] = connection.plan?.({ chat, speaker, content: { parts: [part] }, at: 0 }) ?? [];
  assert.ok(draft);
  return connection.send({ chat, draft, speaker }, createAttempt());
};

describe("what is said to the operators of a channel only", () => {
  it("stands in a chat of its own for who is there with a nick, and nowhere else", async (t) => {
    const { alice, relay, ana } = await scene(t);
    alice.say("@#room", "to operators");
    alice.notice("@+#ROOM", "to the voiced");
    alice.action("@#room", "whispers");
    alice.say("#room", "to all");
    await relay.host.until(() => texts(relay, channel).length > 0);
    await ana.host.until(() => texts(ana, channel).length > 0);
    assert.match(texts(ana, mine).join(), /to operators.*whispers/);
    assert.match(texts(ana, channel).join(), /^(?!.*(?:operators|whispers|voiced)).*to all/);
    assert.match(texts(relay, channel).join(), /^(?!.*(?:operators|whispers|voiced)).*to all/);
    assert.deepEqual(
      messages(relay.host).map(({ chat }) => chat.id),
      ["#room"],
    );
    assert(relay.host.events.every(({ kind }) => kind !== "aside"));
    const info = await ana.connection.describe(mine, signal());
    assert.deepEqual(
      [info.kind, info.name, info.visibility, info.peer],
      ["group", "#room, operators only", "secret", undefined],
    );
    for (const never of ["join", "leave", "setInfo", "setMember", "setBan", "history", "find"])
      assert(!info.features.can.some((one) => one === never), never);
  });

  it("is answered to operators only, and is said to be refused where it is", async (t) => {
    for (const caps of [[], everyCap]) {
      const { alice, bob, ana, relay } = await scene(t, { caps });
      await sendTo(ana, mine, "we two");
      await sendTo(ana, channel, "and all");
      await alice.until(({ params }) => params[1] === "and all");
      await bob.until(({ params }) => params[1] === "and all");
      const heard = (who: typeof bob) =>
        who.seen
          .filter(({ command }) => command === "PRIVMSG")
          .map(({ params }) => params.join(" "));
      assert.deepEqual(heard(alice), ["@#room we two", "#room and all"]);
      assert.deepEqual(heard(bob), ["#room and all"]);
      await alice.mode("#room", "-o", "ana");
      await assert.rejects(sendTo(ana, mine, "not any more"), { code: "forbidden" });
      assert.equal(texts(ana, mine).length, 0, "its own words come back to nobody");
      assert.equal(messages(relay.host).length, 0);
    }
  });

  it("comes to every login that hears it, also from another one of ours", async (t) => {
    const { alice, relay, ana } = await scene(t);
    const eve = await puppetOn(t, relay, { nick: "eve" });
    await eve.connection.join?.(channel, signal());
    await alice.mode("#room", "+o", "eve");
    await sendTo(ana, mine, "hear, hear");
    const hers = { ...mine, receiver: loginId("net:eve") };
    await eve.host.until(() => texts(eve, hers)[0]);
    assert.deepEqual(texts(eve, channel), []);
  });

  it("is not read into the room out of a history that has it, after an outage or of long ago", async (t) => {
    const server = await serverFor(t, { caps: everyCap, keepsRanked: true });
    const alice = await server.user("alice");
    await alice.join("#room");
    const relay = await relayOn(t, server, { more });
    alice.say("#room", "before");
    await relay.host.until(() => words(relay)[0]);
    await away(server, relay, {
      say: (text) => alice.say("#room", text),
      meanwhile: async () => {
        alice.say("@#room", "a secret");
        alice.raw("BATCH +x draft/multiline @#room");
        alice.raw("@batch=x PRIVMSG @#room :secret of two");
        alice.raw("@batch=x PRIVMSG @#room :lines");
        alice.raw("BATCH -x");
        alice.say("#room", "missed");
        await alice.command("PING x");
      },
    });
    assert.deepEqual(words(relay), ["before", "missed", "marker"]);
    const query = { chat: channel, direction: "older", limit: 50 } as const;
    const page = await relay.connection.history?.(query, signal());
    assert.match(JSON.stringify(page?.events), /before.*missed/);
    assert.doesNotMatch(JSON.stringify(page?.events), /secret/);
  });

  it("is begun by pm with a nick of one's own, and is never a person", async (t) => {
    const { relay, ana } = await scene(t);
    const resolve = async ({ connection }: Joined, name: string) =>
      connection.resolve?.(name, signal());
    assert.deepEqual(await resolve(ana, "@#Room"), { name: "@#Room", chat: mine });
    await assert.rejects(resolve(relay, "@#room"), {
      code: "invalid",
      message: /nick of your own/,
    });
    await assert.rejects(resolve(ana, "@#a,b"), { code: "invalid" });
    for (const name of ["#room", "@#room", "eve!u@h"])
      await assert.rejects(Promise.resolve(ana.connection.startChat?.(userId(name), signal())), {
        code: "invalid",
      });
  });
});
