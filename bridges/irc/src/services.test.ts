import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ircLineParser } from "irc-framework";
import { arrival, entrusted } from "./api/arrival.ts";
import { Self } from "./api/self.ts";
import { check } from "./check.ts";
import { verdictOf } from "./services.ts";
import { channel, configured, messages, puppetOn, relayOn } from "./testing/fixture.ts";
import {
  address,
  arrive,
  carol,
  password,
  served,
  services,
  told,
  withServices,
} from "./testing/services.ts";

const secrets = /correct-horse|wrong-horse/;
const named = {
  address,
  identify: "IDENTIFY {account} {password}",
  regain: "REGAIN {nick}",
  answerMs: 1,
};

describe("an account where the server has no SASL", () => {
  for (const like of ["atheme", "anope", "oftc"] as const) {
    it(`is proved to the services, before a channel is entered: ${like}`, async (t) => {
      const { server } = await served(t, like, { caps: ["echo-message"] });
      const first = like === "oftc" ? { identify: "IDENTIFY {password} {account}" } : {};
      const theirs = { ...services, ...first };
      const relay = await relayOn(t, server, {
        more: { ...withServices, services: theirs, sasl: { account: "carol", password } },
      });
      assert.equal(server.lookup("bridge")?.account, "carol");
      const puppet = await puppetOn(t, relay, { ...carol, nick: "caro" });
      assert.equal(server.lookup("caro")?.account, "carol");
      assert.equal(puppet.host.states.at(-1)?.state, "connected");
      await puppet.connection.join?.(channel, AbortSignal.timeout(5000));
      const ours = server.lines.filter(({ nick }) => nick === "caro").map(({ line }) => line);
      const said = like === "oftc" ? `${password} carol` : `carol ${password}`;
      const at = ours.indexOf(`PRIVMSG ${address} :IDENTIFY ${said}`);
      assert.ok(at !== -1 && at < ours.findIndex((line) => line.startsWith("JOIN")));
      assert.deepEqual(
        messages(puppet.host),
        [],
        "neither the password nor the answer is a message",
      );
      assert.doesNotMatch(puppet.host.log, secrets);
    });
  }

  it("is proved to them as well where SASL is there for others only", async (t) => {
    const { server } = await served(t, "anope", { mechanisms: ["EXTERNAL"] });
    const relay = await relayOn(t, server, { more: withServices });
    const { host } = await puppetOn(t, relay, carol);
    assert.equal(host.states.at(-1)?.state, "connected");
    assert.equal(server.lookup("carol")?.account, "carol");
  });

  it("is proved by SASL where that is there, and after it fails by nothing else", async (t) => {
    const { server } = await served(t, "atheme", { mechanisms: ["PLAIN"] });
    const relay = await relayOn(t, server, { more: withServices });
    await puppetOn(t, relay, carol);
    const wrong = { account: "carol", password: "wrong-horse" };
    const { host } = await puppetOn(t, relay, { nick: "dora", sasl: wrong });
    assert.equal(host.states.at(-1)?.state, "needs-login");
    assert.deepEqual(told(server), []);
  });

  for (const like of ["atheme", "anope"] as const) {
    it(`is told to be wrong as with SASL, and not tried again: ${like}`, async (t) => {
      const { server } = await served(t, like);
      const relay = await relayOn(t, server, { more: withServices });
      for (const sasl of [
        { account: "carol", password: "wrong-horse" },
        { account: "dora", password },
      ]) {
        const { host } = await puppetOn(t, relay, { nick: sasl.account, sasl });
        const last = host.states.at(-1);
        assert.equal(last?.state, "needs-login");
        assert.equal(
          last?.why?.message,
          "Not logged in to IRC – the account or its password is wrong. Log in again with the right account, or without one.",
        );
        assert.doesNotMatch(host.log, secrets);
      }
      assert.equal(told(server).length, 2);
    });
  }

  it("is not proved with a space in it, which would move the words", async (t) => {
    const { server } = await served(t);
    const relay = await relayOn(t, server, { more: withServices });
    const sasl = { account: "carol", password: "correct horse" };
    const { host } = await puppetOn(t, relay, { nick: "carol", sasl });
    assert.match(host.states.at(-1)?.why?.message ?? "", /no account or password with a space/);
    assert.deepEqual(told(server), []);
  });

  it("is looked at by doctor, which takes nobody's nick back", async (t) => {
    const { server } = await served(t);
    const more = { ...withServices, sasl: { account: "carol", password } };
    const [found] = await check(configured(server, more), AbortSignal.timeout(10_000));
    assert.match(found?.says ?? "", /the account carol is right/);
    assert.equal(told(server).length, 1);
  });
});

describe("a password", () => {
  it("goes to no services that the config does not name", async (t) => {
    const { server } = await served(t);
    const relay = await relayOn(t, server, { more: { channels: [] } });
    const { host } = await puppetOn(t, relay, carol);
    assert.equal(host.states.at(-1)?.state, "needs-login");
    assert.match(
      host.states.at(-1)?.why?.message ?? "",
      /name the network's services in the config/,
    );
    assert.deepEqual(told(server), []);
  });

  it("goes to nobody who took the nick while the services are away, and comes to them later", async (t) => {
    const { server, theirs } = await served(t);
    theirs.state = "away";
    const thief = await server.user("NickServ");
    const reconnect = { min_seconds: 1, max_seconds: 1 };
    const relay = await relayOn(t, server, { more: { ...withServices, reconnect } });
    const { host } = await puppetOn(t, relay, carol);
    const last = host.states.at(-1);
    assert.equal(last?.state, "reconnecting", "the account may be right");
    assert.match(
      last.why?.message ?? "",
      /^Not logged in to IRC – the services are not there: of NickServ@services\.test the server says "No such nick\/channel"\. It is tried again/,
    );
    await thief.command("PING x");
    assert.ok(!thief.seen.some(({ raw }) => secrets.test(raw)));
    await thief.quit();
    theirs.state = "there";
    await host.reached("connected");
    assert.equal(server.lookup("carol")?.account, "carol");
  });

  it("goes to services and is answered by nothing: that is told and tried again, without it", async (t) => {
    const { server, theirs } = await served(t);
    theirs.state = "silent";
    const { ending } = await arrive(server, carol, 50);
    assert.ok(ending);
    assert.equal(ending.again, "seldom");
    assert.match(ending.error.message, /the services at NickServ@services\.test did not answer\./);
    assert.doesNotMatch(ending.error.message, secrets);
  });

  it("goes to services over nothing that others can hear", () => {
    const proof = { by: "password", account: "carol", password } as const;
    assert.equal(entrusted(named, { ...proof, sealed: false }), undefined);
    assert.ok(entrusted(named, { ...proof, sealed: true }));
    assert.equal(entrusted(undefined, { ...proof, sealed: true }), undefined);
    assert.equal(entrusted(named, { by: "certificate" }), undefined);
  });
});

describe("what passes between a client and services", () => {
  it("is heard by nobody else, as an echo or out of a history; what else they say is", () => {
    const none = (): void => undefined;
    const client = arrival({
      nick: "carol",
      services: named,
      credentials: { by: "password", account: "carol", password, sealed: true },
      proving: { whose: "person" },
      self: new Self("carol", "carol"),
      loggedIn: () => true,
      regains: () => true,
      known: none,
      write: none,
      failed: none,
      done: none,
    });
    const taken = (line: string) => client.takes(ircLineParser(line));
    const said = `IDENTIFY carol ${password}`;
    assert.ok(taken(`:carol!c@h PRIVMSG ${address} :${said}`));
    assert.ok(taken(`@batch=1 :carol_!c@h PRIVMSG NickServ :${said}`));
    assert.ok(!taken(":carol!c@h PRIVMSG NickServ :IDENTIFY carol another"));
    assert.ok(!taken(":NickServ!s@services.test NOTICE carol :You have 1 new memo."));
  });
});

describe("what is said while the services are asked", () => {
  it("is heard afterwards", async (t) => {
    const { server, theirs } = await served(t);
    theirs.state = "silent";
    const alice = await server.user("alice");
    const relay = await relayOn(t, server, { more: withServices });
    const coming = puppetOn(t, relay, carol);
    await server.until(() => told(server).length === 1);
    await alice.command("PRIVMSG carol :are you there?");
    server.logIn("carol", "carol");
    await alice.command("PING x");
    const { host } = await coming;
    await host.until(() => messages(host)[0]);
    assert.equal(messages(host).length, 1);
  });

  it("is heard also where one of it cannot be read and the nick does not come back", async (t) => {
    const { server, theirs } = await served(t);
    theirs.state = "silent";
    await server.user("erin");
    const alice = await server.user("alice");
    const heard: string[] = [];
    const odd: string[] = [];
    let settled = 0;
    const coming = arrive(server, { ...carol, nick: "erin" }, 2000, {
      message: ({ command, params }) => {
        if (command !== "PRIVMSG") return;
        if (params[1] === "one") throw new Error("not read");
        heard.push(params[1] ?? "");
      },
      settled: () => (settled = heard.length),
      odd: (_, error) => odd.push(String(error)),
    });
    await server.until(() => told(server).length === 1);
    await alice.command("PRIVMSG erin_ :one");
    await alice.command("PRIVMSG erin_ :two");
    theirs.state = "there";
    server.logIn("erin_", "carol");
    assert.equal((await coming).nick, "erin_");
    assert.deepEqual([heard, odd, settled], [["two"], ["Error: not read"], 1]);
  });
});

describe("what services say", () => {
  it("is yes or no in the words of those that there are, and neither where it is something else", () => {
    const yes = [
      "You are now identified for carol.",
      "Password accepted - you are now recognized.",
      "You are successfully identified as carol.",
      "AUTHENTICATION SUCCESSFUL as carol!",
      "You are now logged in as carol.",
      "You are already identified.",
    ];
    const no = [
      "Invalid password for carol.",
      "Password incorrect.",
      "Nick carol isn't registered.",
      "carol is not a registered nickname.",
      "AUTHENTICATION FAILED as carol.",
    ];
    const neither = [
      "This nickname is registered. Please choose a different nickname, or identify.",
      "Your nick isn't registered.",
      "You have 2 new memos.",
      "",
    ];
    for (const text of yes) assert.equal(verdictOf(text, "carol"), "right", text);
    for (const text of no) assert.equal(verdictOf(text, "carol"), "wrong", text);
    for (const text of neither) assert.equal(verdictOf(text, "carol"), undefined, text);
  });
});
