import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { describe, it } from "node:test";
import { ircLineParser } from "irc-framework";
import type { IrcOptions } from "../../../test/networks/irc/index.ts";
import { register } from "./api/registration.ts";
import type { Credentials } from "./api/sasl.ts";
import { saslTalk } from "./api/sasl.ts";
import { scram } from "./api/scram.ts";
import { saslPrepared } from "./api/saslprep.ts";
import { isSealed } from "./identity.ts";
import { lined, puppetOn, relayOn, serverFor } from "./testing/fixture.ts";

const password = "correct horse";
const [both, accounts] = [["SCRAM-SHA-256", "PLAIN"] as const, { carol: password }];

/** Somebody who logs in to that server, on which the account's password is the right one. */
const carolOn = async (t: TestContext, options: IrcOptions, word = password) => {
  const server = await serverFor(t, { accounts, mechanisms: both, ...options });
  const relay = await relayOn(t, server, { more: { channels: [] } });
  const sasl = { account: "carol", password: word };
  const { host } = await puppetOn(t, relay, { nick: "caro", sasl });
  const last = host.states.at(-1);
  const begun = lined(server, "AUTHENTICATE").filter((line) =>
    /AUTHENTICATE [A-Z]+(?:-|$)/.test(line),
  );
  return { server, state: last?.state, why: last?.why?.message ?? "", begun, host };
};

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

describe("SCRAM-SHA-256", () => {
  it("says what RFC 7677 has for an example, and takes that server's signature alone", async () => {
    const play = async (final: string) => {
      const talk = scram("user", "pencil", "rOprNGfwEbeRWgbNEkqO");
      const first = await talk.answer(Buffer.alloc(0));
      assert.ok("say" in first);
      assert.equal(text(first.say), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
      const proof = await talk.answer(
        Buffer.from(
          "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
        ),
      );
      assert.ok("say" in proof);
      assert.equal(
        text(proof.say),
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
      );
      assert.equal(talk.settled, false);
      const last = await talk.answer(Buffer.from(final));
      return { last, settled: talk.settled };
    };
    const right = await play("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    assert.deepEqual([right.settled, right.last], [true, { say: Buffer.alloc(0) }]);
    const wrong = await play("v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    assert.deepEqual([wrong.settled, wrong.last], [false, { refuse: "unproven" }]);
    const none = await play("e=invalid-proof");
    assert.deepEqual([none.settled, none.last], [false, { refuse: "fail" }]);
  });

  it("takes nothing from a server that is not as the RFC has it", async () => {
    const answered = async (first: (nonce: string) => string) => {
      const talk = scram("user", "pencil", "mine");
      await talk.answer(Buffer.alloc(0));
      return talk.answer(Buffer.from(first("mine")));
    };
    const salt = "s=W22ZaJ0SNY7soEsUEjb6gQ==";
    for (const [first, refuse] of [
      [`r=theirs,${salt},i=4096`, "unproven"],
      [`r=mine,${salt},i=4096`, "unproven"],
      [`r=mine+,${salt},i=4095`, "rounds"],
      [`r=mine+,${salt},i=1000001`, "rounds"],
      [`r=mine+,${salt},i=99999999999999999999`, "rounds"],
      [`r=mine+,${salt},i=0x2000`, "unintelligible"],
      [`m=ext,r=mine+,${salt},i=4096`, "unintelligible"],
      ["r=mine+,s=,i=4096", "unintelligible"],
      ["", "unintelligible"],
    ] as const) {
      assert.deepEqual(await answered(() => first), { refuse }, first);
    }
  });

  it("logs in without the password on the wire", async (t) => {
    const { server, state, begun } = await carolOn(t, {});
    assert.equal(state, "connected");
    assert.equal(server.lookup("caro")?.account, "carol");
    assert.deepEqual(begun, ["AUTHENTICATE SCRAM-SHA-256"]);
    const sent = lined(server, "AUTHENTICATE").map((line) =>
      Buffer.from(line.split(" ")[1] ?? "", "base64").toString(),
    );
    assert.ok(!sent.some((line) => line.includes(password)));
  });

  it("logs in to an account with a comma and a sign of equality, by a password beyond ASCII", async (t) => {
    const odd = { "a,b=c": "gr\u00fc\u00dfe" };
    const server = await serverFor(t, { accounts: odd, mechanisms: ["SCRAM-SHA-256"] });
    const relay = await relayOn(t, server, { more: { channels: [] } });
    const sasl = { account: "a,b=c", password: "gru\u0308\u00dfe" };
    await puppetOn(t, relay, { nick: "caro", sasl });
    assert.equal(server.lookup("caro")?.account, "a,b=c");
  });

  it("tells of a wrong password as before", async (t) => {
    const { state, why } = await carolOn(t, {}, "wrong");
    assert.equal(state, "needs-login");
    assert.match(why, /the account or its password is wrong\. Log in again/);
  });

  it("gives way to PLAIN where the services have the password in another form", async (t) => {
    const { state, begun } = await carolOn(t, { scram: { without: ["carol"] } });
    assert.equal(state, "connected");
    assert.deepEqual(begun, ["AUTHENTICATE SCRAM-SHA-256", "AUTHENTICATE PLAIN"]);
  });

  for (const lie of ["nonce", "signature", "silence", "shortcut"] as const) {
    it(`is broken off by a server without the password, and PLAIN is not tried: ${lie}`, async (t) => {
      const { server, state, why, begun } = await carolOn(t, { scram: { lie } });
      assert.equal(state, "needs-login");
      assert.match(why, /the server did not prove that it knows the password/);
      assert.deepEqual(begun, ["AUTHENTICATE SCRAM-SHA-256"]);
      assert.equal(server.lookup("caro"), undefined);
    });
  }

  it("does not hash for a server as long as that likes", async (t) => {
    const { why, begun } = await carolOn(t, { scram: { iterations: 1_000_001 } });
    assert.match(why, /hashed too seldom or too often/);
    assert.deepEqual(begun, ["AUTHENTICATE SCRAM-SHA-256"]);
  });
});

describe("a password that would go in the clear", () => {
  it("goes over TLS to a server that was checked, or to one on the same machine", () => {
    const sealed = (server: string, tls: boolean, insecure = false) =>
      isSealed({ server, tls, tls_insecure: insecure });
    for (const host of ["localhost", "127.0.0.1", "127.9.8.7", "::1"]) {
      assert.equal(sealed(host, false), true, host);
    }
    for (const host of ["irc.example", "10.0.0.1", "127.0.0.1.example", "localhost.example"]) {
      assert.equal(sealed(host, false), false, host);
      assert.equal(sealed(host, true), true, host);
      assert.equal(sealed(host, true, true), false, `${host}, whoever that is`);
    }
  });
});

describe("the talk about an account", () => {
  const talkOf = (sealed: boolean) => {
    const [written, refused]: [string[], string[]] = [[], []];
    const sasl = saslTalk(
      { by: "password", account: "carol", password, sealed },
      { write: (line) => written.push(line), refused: (reason) => refused.push(reason) },
    );
    return { sasl, written, refused };
  };

  it("tells nobody a password who is not alone with the server", () => {
    const one = talkOf(false);
    assert.deepEqual(one.sasl.choose("EXTERNAL,PLAIN"), { refuse: "unsealed" });
    assert.deepEqual(one.written, []);
    const other = talkOf(false);
    assert.deepEqual(other.sasl.choose("PLAIN,SCRAM-SHA-256"), { begin: "SCRAM-SHA-256" });
    assert.equal(other.sasl.hear("904", "*"), true, "the library ends it");
    assert.deepEqual(other.written, []);
    const silent = talkOf(false);
    assert.deepEqual(silent.sasl.choose(""), { begin: "SCRAM-SHA-256" });
  });

  it("begins with PLAIN where a server names nothing, and tells where it names nothing of ours", () => {
    assert.deepEqual(talkOf(true).sasl.choose(""), { begin: "PLAIN" });
    const { sasl } = talkOf(true);
    const refused = sasl.choose("EXTERNAL,ECDSA-NIST256P-CHALLENGE");
    assert.deepEqual(refused, { refuse: "unsupported_mechanism" });
  });

  it("tells what it is that a server broke off, and hears no such thing before it has begun", () => {
    const { sasl, refused } = talkOf(true);
    assert.equal(sasl.hear("906", "*"), true);
    sasl.choose("PLAIN");
    assert.equal(sasl.hear("906", "*"), false);
    assert.deepEqual(refused, ["aborted"]);
  });

  it("ends with what is no base64, or has no end", () => {
    for (const lines of [["*&%"], Array.from({ length: 21 }, () => "A".repeat(400))]) {
      const { sasl, refused } = talkOf(true);
      sasl.choose("SCRAM-SHA-256");
      for (const line of lines) sasl.hear("AUTHENTICATE", line);
      assert.deepEqual(refused, ["unintelligible"]);
    }
  });
});

/** A registration that is fed these lines of a server. */
const fed = (credentials: Credentials, lines: readonly string[]) => {
  const refused: string[] = [];
  const registration = register(
    {
      address: { host: "irc.example", port: 6697 },
      nick: "caro",
      username: "caro",
      realname: "Carol",
      credentials,
    },
    { write: () => undefined, refused: (reason) => refused.push(reason) },
  );
  for (const line of lines) registration.feed(line, ircLineParser(line));
  return { loggedIn: registration.loggedIn, refused };
};

const byPassword = { by: "password", account: "carol", password, sealed: true } as const;
const loggedIn = ":irc.example 900 caro caro!caro@host carol :You are now logged in";

describe("services that come back while one is logged in", () => {
  for (const offer of ["EXTERNAL", "SCRAM-SHA-256,PLAIN"]) {
    it(`end no login, whatever they offer then: ${offer}`, () => {
      const told = fed(byPassword, [
        ":irc.example CAP * LS :sasl=PLAIN",
        ":irc.example CAP * ACK :sasl",
        loggedIn,
        ":irc.example 903 caro :Done",
        ":irc.example CAP caro DEL :sasl",
        `:irc.example CAP caro NEW :sasl=${offer}`,
        ":irc.example CAP caro ACK :sasl",
        loggedIn,
      ]);
      assert.deepEqual(told, { loggedIn: true, refused: [] });
    });
  }
});

describe("a server that says we are logged in, unasked", () => {
  const unasked = [":irc.example CAP * LS :multi-prefix", loggedIn, ":irc.example 903 caro :Done"];

  it("has taken no password", () => {
    assert.equal(fed(byPassword, unasked).loggedIn, false);
  });

  it("has been asked by a certificate, which services may know without SASL", () => {
    assert.equal(fed({ by: "certificate" }, unasked).loggedIn, true);
    assert.equal(fed({ by: "certificate" }, unasked.slice(2)).loggedIn, false);
  });
});

describe("SASLprep", () => {
  it("does what RFC 4013 has for examples", () => {
    const cases = [
      ["I\u00adX", "IX"],
      ["user", "user"],
      ["USER", "USER"],
      ["\u00aa", "a"],
      ["\u2168", "IX"],
      ["a\u00a0b", "a b"],
      ["\u0007", undefined],
      ["\ue000", undefined],
    ] as const;
    for (const [given, made] of cases) assert.equal(saslPrepared(given), made);
  });
});
