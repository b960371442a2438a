import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { toPlain } from "@bridgebox/core/richtext";
import type { AsideEvent, MessageEvent } from "@bridgebox/core/adapter";
import type { MemoryHost } from "@bridgebox/core/testing";
import { namesBy } from "./ids.ts";
import { signedIn } from "./message.ts";
import { lined, messages, puppetOn, relayOn, serverFor } from "./testing/fixture.ts";

const tagged = ["account-tag", "message-tags", "draft/relaymsg"];

const asidesIn = (host: MemoryHost): readonly AsideEvent[] =>
  host.events.flatMap((event) => (event.kind === "aside" ? [event] : []));

const words = ({ content: { parts } }: MessageEvent): string =>
  parts.map((part) => (part.kind === "text" ? toPlain(part.text) : "")).join("");

describe("the account that a server vouches for", () => {
  it("stands at what is said, in one spelling, as long as they are logged in", async (t) => {
    const server = await serverFor(t, { caps: tagged });
    const alice = await server.user("alice");
    await alice.join("#room");
    const { host } = await relayOn(t, server);
    const say = async (text: string): Promise<void> => {
      alice.say("#room", text);
      await host.until(() => messages(host).find((event) => words(event) === text));
    };
    await say("before");
    server.logIn("alice", "Alice[1]");
    await say("in between");
    server.logIn("alice", undefined);
    await say("after");
    assert.deepEqual(
      messages(host).map((event) => [words(event), event.account]),
      [
        ["before", undefined],
        ["in between", "alice{1}"],
        ["after", undefined],
      ],
    );
  });

  it("stands at what is said to the relay alone, which a person's client does not tell", async (t) => {
    const server = await serverFor(t, { caps: tagged });
    const alice = await server.user("alice");
    await alice.join("#room");
    const relay = await relayOn(t, server);
    const carol = await puppetOn(t, relay, { nick: "carol" });
    alice.say("carol", "link");
    alice.say("bridge", "link");
    await relay.host.until(() => asidesIn(relay.host)[0]);
    server.logIn("alice", "Alice");
    alice.say("bridge", "\x02abcde-fghjk\x02");
    alice.notice("bridge", "a machine");
    await relay.host.until(() => asidesIn(relay.host)[1]);
    const token = server.ping("bridge");
    await server.until(() => lined(server, "PONG").some((line) => line.includes(token)));
    assert.deepEqual(lined(server, "NOTICE alice"), [], "the box answers its own words itself");
    alice.say("bridge", "hello");
    await relay.host.until(() => asidesIn(relay.host)[2]);
    assert.deepEqual(
      asidesIn(relay.host).map(({ name, account, text, chat }) => [name, account, text, chat.id]),
      [
        ["alice", undefined, "link", "alice"],
        ["Alice", "alice", "abcde-fghjk", "alice"],
        ["Alice", "alice", "hello", "alice"],
      ],
    );
    await alice.until(({ command }) => command === "NOTICE");
    assert.equal(lined(server, "NOTICE alice").length, 1);
    assert.deepEqual(asidesIn(carol.host), []);
  });

  it("is nobody's where it was not asked for, or where a relay speaks for others", () => {
    const names = namesBy("rfc1459");
    const asked = { names, vouches: () => true };
    const ann = { tags: { account: "Ann" } };
    assert.deepEqual(signedIn(asked, ann), { account: "ann" });
    for (const tags of [{}, { account: "*" }, { account: "" }])
      assert.deepEqual(signedIn(asked, { tags }), {});
    for (const relaying of ["draft/relaymsg", "relaymsg"])
      assert.deepEqual(signedIn(asked, { tags: { ...ann.tags, [relaying]: "bot" } }), {});
    assert.deepEqual(signedIn({ names, vouches: () => false }, ann), {});
  });
});
