import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BridgeError } from "@bridgebox/core/adapter";
import { command, fromLibrary, labelled } from "./line.ts";

const refused = (make: () => unknown) =>
  assert.throws(make, (error) => {
    assert.ok(error instanceof BridgeError);
    assert.equal(error.reached, "no");
    return error.code === "invalid" || error.code === "too_large";
  });

describe("a line", () => {
  const breaking = ["\r", "\n", "\0", "\r\nQUIT :x"];
  const shifting = [" ", ",", "a b", "a,b", ":a", ""];

  const middles: Readonly<Record<string, (value: string) => unknown>> = {
    "PRIVMSG target": (value) => command.privmsg(value, "x"),
    "NOTICE target": (value) => command.notice(value, "x"),
    "ACTION target": (value) => command.action(value, "x"),
    "JOIN channel": (value) => command.join(["#a", value]),
    "PART channel": (value) => command.part(value, "x"),
    "KICK channel": (value) => command.kick(value, "nick"),
    "KICK nick": (value) => command.kick("#a", value),
    "TOPIC channel": (value) => command.topic(value, "x"),
    "MODE channel": (value) => command.modes(value),
    "NICK nick": (value) => command.nick(value),
    "WHOIS nick": (value) => command.whois(value),
    "PING token": (value) => command.ping(value),
    "CTCP nick": (value) => command.ctcpReply(value, "PING", "x"),
  };
  for (const [name, make] of Object.entries(middles)) {
    it(`refuses what would break or shift ${name}`, () => {
      for (const value of [...breaking.map((end) => `#a${end}`), ...breaking, ...shifting]) {
        refused(() => make(value));
      }
    });
  }

  const lasts: Readonly<Record<string, (value: string) => unknown>> = {
    "PRIVMSG text": (value) => command.privmsg("#a", value),
    "NOTICE text": (value) => command.notice("#a", value),
    "ACTION text": (value) => command.action("#a", value),
    "PART reason": (value) => command.part("#a", value),
    "KICK reason": (value) => command.kick("#a", "nick", value),
    TOPIC: (value) => command.topic("#a", value),
    QUIT: (value) => command.quit(value),
    PONG: (value) => command.pong(value),
    "CTCP reply": (value) => command.ctcpReply("nick", "PING", value),
  };
  for (const [name, make] of Object.entries(lasts)) {
    it(`refuses what would end ${name}, and takes everything else`, () => {
      for (const end of breaking) refused(() => make(`x${end}`));
      for (const fine of ["a b", ":a", "a,b", "\u2028", "-"])
        assert.match(String(make(fine)), / :/);
      refused(() => make("x".repeat(600)));
      refused(() => make("ä".repeat(260)));
    });
  }

  it("refuses CTCP in what a person says", () => {
    refused(() => command.privmsg("#a", "\x01VERSION\x01"));
    refused(() => command.notice("#a", "x\x01"));
    refused(() => command.action("#a", "x\x01\x01PING"));
    assert.equal(command.ctcpReply("a", "PING", "\x01x\x01"), "NOTICE a :\x01PING x\x01");
  });

  it("lets the library write its registration commands only, each with its own parameters", () => {
    for (const fine of [
      "CAP LS 302",
      "CAP REQ :a b",
      "CAP END",
      "PASS :two words",
      "NICK a",
      "USER a 0 * :b c",
      "USER a 0 * b",
      "AUTHENTICATE +",
    ]) {
      assert.equal(fromLibrary(fine), fine);
    }
    for (const bad of [
      "PRIVMSG #a :x",
      "QUIT :x",
      "NICK a b",
      "NICK  a",
      "USER a b 0 * :c",
      "USER a 0 *",
      "PASS a b",
      "NICK a\r\nQUIT",
      "constructor x",
      "",
    ]) {
      refused(() => fromLibrary(bad));
    }
  });

  it("labels with safe characters only", () => {
    assert.equal(labelled(command.modes("#a"), "k_-9"), "@label=k_-9 MODE #a");
    refused(() => labelled(command.modes("#a"), "k QUIT"));
    refused(() => labelled(command.modes("#a"), "k;+x=1"));
  });
});
