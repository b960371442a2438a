import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { after, before, describe, test } from "node:test";
import type { Content, MessageEvent, MessageId, Speaker } from "@bridgebox/core/adapter";
import { firstPart } from "@bridgebox/core/adapter";
import { toPlain } from "@bridgebox/core/richtext";
import { createAttempt } from "@bridgebox/core/testing";
import type { Joined } from "../../bridges/irc/src/testing/fixture.ts";
import { channel, messages, relayOn } from "../../bridges/irc/src/testing/fixture.ts";
import { IrcPerson } from "../networks/irc/index.ts";
import type { Listening } from "./servers/child.ts";
import { startErgo, whyNoErgo } from "./servers/ergo.ts";
import { startInspircd, whyNoInspircd } from "./servers/inspircd.ts";
import type { Judged } from "./servers/judged.ts";
import { judged } from "./servers/judged.ts";
import { startNgircd, whyNoNgircd } from "./servers/ngircd.ts";

type Able = "ids" | "multiline" | "history" | "replay" | "redact" | "relay";

interface Real {
  readonly name: string;
  readonly why: () => Promise<string | undefined>;
  readonly start: (dir: string) => Promise<Listening>;
  readonly can: readonly Able[];
  /** What a person of the test asks for. */
  readonly caps: readonly string[];
}

const tags = ["message-tags", "server-time", "batch"] as const;

const servers: readonly Real[] = [
  {
    name: "Ergo",
    why: whyNoErgo,
    start: startErgo,
    can: ["ids", "multiline", "history", "redact", "relay"],
    caps: [...tags, "draft/multiline", "draft/message-redaction", "away-notify"],
  },
  {
    name: "InspIRCd",
    why: whyNoInspircd,
    start: startInspircd,
    can: ["ids", "replay"],
    caps: [...tags, "away-notify"],
  },
  {
    name: "ngIRCd",
    why: whyNoNgircd,
    start: (dir) => startNgircd({ dir }),
    can: [],
    caps: [],
  },
];

const self: Speaker = { as: "self" };

const text = (words: string): Content => ({
  parts: [
    {
      id: firstPart,
      kind: "text",
      text: words.split("\n").map((line) => ({ t: "para", of: [{ t: "text", text: line }] })),
    },
  ],
});

const plain = ({ content: { parts } }: { content: Content }): string =>
  parts.map((part) => (part.kind === "text" ? toPlain(part.text) : "")).join("");

const words = ({ host }: Joined): readonly string[] => messages(host).map(plain);

const heard = (relay: Joined, said: string): Promise<MessageEvent> =>
  relay.host.until(() => messages(relay.host).find((one) => plain(one) === said));

async function sent(
  { connection }: Joined,
  content: Content,
  speaker: Speaker = self,
): Promise<readonly MessageId[]> {
  const ids: MessageId[] = [];
  const drafts = connection.plan?.({ chat: channel, speaker, content, at: 0 }) ?? [];
  for (const draft of drafts) {
    const result = await connection.send({ chat: channel, draft, speaker }, createAttempt());
    assert.equal(result.state, "sent");
    ids.push(result.sent.id);
  }
  return ids;
}

const signal = (): AbortSignal => AbortSignal.timeout(10_000);

for (const { name, why, start, can, caps } of servers) {
  describe(`the IRC adapter on a real ${name}`, () => {
    let missing: string | undefined;
    let real: Listening;
    let server: Judged;
    const dir = mkdtempSync(join(tmpdir(), "bridgebox-irc-"));
    let nicks = 0;

    before(async () => {
      missing = await why();
      if (missing !== undefined && process.env["CI"] === "true") throw new Error(missing);
      if (missing !== undefined) return;
      real = await start(dir);
      server = await judged(real.port);
    });
    after(async () => {
      if (missing === undefined) {
        await server.close();
        await real.stop();
      }
      rmSync(dir, { recursive: true, force: true });
    });

    /** A person who made the channel, and the relay in it; false where there is no such server. */
    async function both(t: TestContext) {
      if (missing !== undefined) {
        t.skip(missing);
        return undefined;
      }
      nicks += 1;
      const alice = await IrcPerson.connect({ port: server.port, nick: `alice${nicks}`, caps });
      t.after(() => alice.close());
      await alice.join("#room");
      const more = { nick: `bridge${nicks}`, reconnect: { min_seconds: 1, max_seconds: 1 } };
      const relay = await relayOn(t, server, { more });
      return { alice, relay };
    }

    /** Where a server has nothing like it, that is the result. */
    const needs = (t: TestContext, able: Able): boolean => {
      if (can.includes(able)) return true;
      t.skip(`${name} has no such thing: ${able}`);
      return false;
    };

    test("text, formatting, actions and long lines pass both ways, whole and once", async (t) => {
      const scene = await both(t);
      if (!scene) return;
      const { alice, relay } = scene;
      await relay.say("hello from here");
      await alice.until(({ params }) => params[1] === "hello from here");
      const long = `${"word ".repeat(300)}end`;
      await relay.say(long);
      await alice.until(({ params }) => params[1]?.endsWith("end") === true);
      const said = alice.seen.filter(({ command }) => command === "PRIVMSG");
      const whole = said
        .slice(1)
        .map(({ params }) => params[1])
        .join(" ");
      assert.equal(whole.replace(/\s+/g, " "), long);
      alice.say("#room", "hello \x02there\x02 ä€😀");
      alice.action("#room", "waves");
      await heard(relay, "waves");
      assert.deepEqual(words(relay), ["hello there ä€😀", "waves"]);
    });

    test("an id both ways, and answers that find their message", async (t) => {
      const scene = await both(t);
      if (!scene || !needs(t, "ids")) return;
      const { alice, relay } = scene;
      const [id] = await sent(relay, text("what time is it?"));
      const line = await alice.until(({ params }) => params[1] === "what time is it?");
      assert.equal(id, `=${line.tags.get("msgid")}`);
      alice.raw(`@+draft/reply=${line.tags.get("msgid")} PRIVMSG #room :late`);
      const answer = await heard(relay, "late");
      assert.equal(answer.content.replyTo?.id, id);
      await sent(relay, { ...text("very"), replyTo: { id: answer.id, excerpt: "late" } });
      const back = await alice.until(({ params }) => params[1] === "very");
      assert.equal(`=${back.tags.get("+draft/reply")}`, answer.id);
    });

    test("reactions and typing both ways", async (t) => {
      const scene = await both(t);
      if (!scene || !needs(t, "ids")) return;
      const { alice, relay } = scene;
      alice.say("#room", "cake?");
      const { id } = await heard(relay, "cake?");
      for (const on of [true, false]) {
        await relay.connection.react?.(channel, { id, emoji: "🎂", on }, self, signal());
      }
      await alice.until((one) => one.tags.get("+draft/react") === "🎂");
      await alice.until((one) => one.tags.get("+draft/unreact") === "🎂");
      alice.raw(`@+draft/react=👍;+draft/reply=${id.slice(1)} TAGMSG #room`);
      const reaction = await relay.host.until(() => relay.host.of("reactions")[0]);
      assert.deepEqual([reaction.id, reaction.set[0]?.emoji], [id, "👍"]);
      relay.connection.typing?.(channel, "text");
      await alice.until((one) => one.tags.get("+typing") === "active");
      alice.raw("@+typing=active TAGMSG #room");
      await relay.host.until(() => relay.host.of("typing")[0]);
    });

    test("several lines as one message, both ways", async (t) => {
      const scene = await both(t);
      if (!scene || !needs(t, "multiline")) return;
      const { alice, relay } = scene;
      const long = `${"word ".repeat(150)}end`;
      const ids = await sent(relay, text(`first\n${long}\nlast`));
      assert.equal(ids.length, 1);
      await alice.until(({ params }) => params[1] === "last");
      alice.raw("BATCH +x draft/multiline #room");
      alice.raw("@batch=x PRIVMSG #room :one");
      alice.raw("@batch=x;draft/multiline-concat PRIVMSG #room : goes on");
      alice.raw("@batch=x PRIVMSG #room :two");
      alice.raw("BATCH -x");
      const event = await heard(relay, "one goes on\ntwo");
      assert.match(event.id, /^=/);
    });

    test("deletions both ways, for those with an account", async (t) => {
      const scene = await both(t);
      if (!scene || !needs(t, "redact")) return;
      const { alice, relay } = scene;
      const [id] = await sent(relay, text("oops"));
      assert.ok(id);
      const deletes = (one: Joined, which: MessageId) => async () =>
        one.connection.remove?.(channel, which, self, signal());
      await assert.rejects(deletes(relay, id), { code: "forbidden", reached: "no" });
      const password = "correct-horse";
      const keeper = await IrcPerson.connect({ port: server.port, nick: "keeper" });
      await keeper.command(`REGISTER * * :${password}`);
      await keeper.quit();
      const sasl = { account: "keeper", password };
      const known = await relayOn(t, server, { more: { nick: "keeper", sasl } });
      const [own] = await sent(known, text("never mind"));
      assert.ok(own);
      await deletes(known, own)();
      const gone = await alice.until(({ command }) => command === "REDACT");
      assert.equal(`=${gone.params[1]}`, own);
      const told = await relay.host.until(() => relay.host.of("delete")[0]);
      assert.deepEqual(told.ids, [own]);
      await deletes(known, own)();
      const page = await relay.connection.history?.(
        { chat: channel, direction: "older", limit: 50 },
        signal(),
      );
      const listed = (page?.events ?? []).map((event) => ("id" in event ? event.id : event.kind));
      assert.ok(listed.includes(id), "what was not deleted is remembered");
      assert.ok(
        !listed.includes(own) && !listed.includes("delete"),
        "only left out of the history",
      );
    });

    test("speaks under another's name as an operator, and hears itself not", async (t) => {
      const scene = await both(t);
      if (!scene || !needs(t, "relay")) return;
      const { alice, relay } = scene;
      await alice.mode("#room", "+o", `bridge${nicks}`);
      await relay.host.until(
        () => relay.host.of("chat").at(-1)?.info.features?.relay.text === "native",
      );
      const bob: Speaker = { as: "relay", handle: "x", name: "Bob the Builder" };
      const [id] = await sent(relay, text("can we fix it?"), bob);
      const line = await alice.until(({ params }) => params[1] === "can we fix it?");
      assert.equal(line.from, "Bob_the_Builder/m");
      assert.equal(id, `=${line.tags.get("msgid")}`);
      alice.say("#room", "yes we can");
      await heard(relay, "yes we can");
      assert.deepEqual(words(relay), ["yes we can"]);
    });

    test("what was missed is told before what is said then, or shown as a gap", async (t) => {
      const scene = await both(t);
      if (!scene) return;
      const { alice, relay } = scene;
      if (can.includes("replay")) await alice.mode("#room", "+H", "50:1h");
      alice.say("#room", "before");
      await heard(relay, "before");
      const times = relay.host.states.filter(({ state }) => state === "connected").length;
      let refused = false;
      relay.host.beforeCommit = ({ events }) => {
        const cut = events.some((event) => event.kind === "message" && plain(event) === "missed 0");
        if (!cut || refused) return Promise.resolve();
        refused = true;
        return Promise.reject(new Error("The disk is full."));
      };
      for (let at = 0; at < 5; at += 1) alice.say("#room", `missed ${at}`);
      await relay.host.reached("connected", times + 1);
      const back = await alice.until(({ command, from }, at) => {
        const first = alice.seen.findIndex((one) => one.params[1] === "missed 4");
        return command === "JOIN" && from === `bridge${nicks}` && at > first;
      });
      assert.ok(back);
      alice.say("#room", "marker");
      await heard(relay, "marker");
      const missed = Array.from({ length: 5 }, (_, at) => `missed ${at}`);
      const remembers = can.includes("history") || can.includes("replay");
      assert.deepEqual(words(relay), ["before", ...(remembers ? missed : []), "marker"]);
      assert.equal(relay.host.of("gap").length, remembers ? 0 : 1);
    });

    test("a message is found again in the history, and the past is read", async (t) => {
      const scene = await both(t);
      if (!scene || !needs(t, "history")) return;
      const { alice, relay } = scene;
      const { connection } = relay;
      for (const one of ["one", "two"]) alice.say("#room", one);
      await heard(relay, "two");
      const content = text("did you get this?");
      const [draft] = connection.plan?.({ chat: channel, speaker: self, content, at: 0 }) ?? [];
      assert.ok(draft);
      const order = { chat: channel, draft, speaker: self };
      const attempt = createAttempt();
      const result = await connection.send(order, attempt);
      const found = await connection.find?.(order, createAttempt(attempt));
      assert.ok(result.state === "sent" && found?.state === "sent");
      assert.equal(found.sent.id, result.sent.id);
      const query = { chat: channel, direction: "older", from: result.sent.id, limit: 50 } as const;
      const page = await connection.history?.(query, signal());
      const past = page?.events.flatMap((event) =>
        event.kind === "message" ? [plain(event)] : [],
      );
      assert.deepEqual(past?.slice(-2), ["one", "two"]);
    });

    test("masks are set, listed and lifted, and channels found, but for those that hide", async (t) => {
      const scene = await both(t);
      if (!scene) return;
      const { alice, relay } = scene;
      const { connection } = relay;
      await alice.topic("#room", "Tea and cake");
      await alice.mode("#room", "+o", `bridge${nicks}`);
      const mask = "*!*@spam.example";
      for (const on of [true, true, false, false]) {
        await connection.setBan?.(channel, { mask, on }, signal());
        const listed = await connection.bans?.(channel, signal());
        assert.deepEqual(
          listed?.filter(({ kind }) => kind === undefined).map((ban) => ban.mask),
          on ? [mask] : [],
        );
      }
      const wait = { mask: "eve", on: true, kind: "exception" } as const;
      await connection.setBan?.(channel, wait, signal());
      const listed = await connection.bans?.(channel, signal());
      assert.deepEqual(
        listed?.map(({ mask: one, kind, by }) => [one, kind, by]),
        [["eve!*@*", "exception", `bridge${nicks}`]],
      );
      await connection.setBan?.(channel, { ...wait, on: false }, signal());

      const find = () => connection.search?.("cake", signal());
      const [found, ...more] = (await find()) ?? [];
      assert.deepEqual([found?.name, found?.topic, more.length], ["#room", "Tea and cake", 0]);
      await alice.mode("#room", "+s");
      await relay.host.until(() =>
        relay.host.of("chat").find(({ info }) => info.visibility === "secret"),
      );
      assert.deepEqual(await find(), []);
      await alice.mode("#room", "-s");
    });

    test("says nothing against which our judge of servers has anything", async (t) => {
      const scene = await both(t);
      if (!scene) return;
      const { alice } = scene;
      const bob = await IrcPerson.connect({ port: server.port, nick: `bob${nicks}`, caps });
      t.after(() => bob.close());
      await bob.join("#room");
      for (const line of [`MODE #room +v bob${nicks}`, "MODE #room +k key", "TOPIC #room :tea"]) {
        await alice.command(line);
      }
      for (const line of ["NAMES #room", "WHO #room", "MODE #room", "TOPIC #room", "LIST"]) {
        await bob.command(line);
      }
      await bob.command(`WHOIS alice${nicks}`);
      await bob.command("AWAY :tea");
      await bob.nick(`rob${nicks}`);
      await alice.kick("#room", `rob${nicks}`, "out");
      for (const line of ["JOIN #room", "PRIVMSG #room :x", "PRIVMSG nobody :x", "FROB"]) {
        await bob.command(line).catch((error: unknown) => assert.match(String(error), / 4\d\d /));
      }
      await alice.mode("#room", "-k", "key");
      await bob.quit("bye");
      assert.ok(server.count() > 100, `${server.count()} lines`);
      assert.deepEqual(server.faults, []);
    });
  });
}
