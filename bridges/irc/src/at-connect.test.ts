import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { lined, puppetOn, relayOn, serverFor } from "./testing/fixture.ts";

describe("what the config has the relay write when it is let in", () => {
  it("is written before a channel is entered, by the relay alone; what is refused is logged", async (t) => {
    const server = await serverFor(t);
    const lines = ["MODE {nick} +i", "TOPIC #nowhere :secret-words", "AWAY :not a person"];
    const relay = await relayOn(t, server, { more: { at_connect: lines } });
    await puppetOn(t, relay, { nick: "dora" });
    const ours = server.lines.filter(({ nick }) => nick === "bridge").map(({ line }) => line);
    const [mode = "", ...rest] = lines;
    const at = ours.indexOf(mode.replace("{nick}", "bridge"));
    assert.deepEqual(ours.slice(at + 1, at + 3), rest);
    assert.ok(ours.findIndex((line) => line.startsWith("JOIN")) > at + 2);
    assert.equal(server.lookup("bridge")?.away, "not a person");
    assert.match(relay.host.log, /A line of at_connect was refused.*"403"/);
    assert.doesNotMatch(relay.host.log, /secret-words/);
    assert.equal(lined(server, "TOPIC").length, 1);
  });

  it("is left out where it does not go into one line, and the channels are entered all the same", async (t) => {
    const server = await serverFor(t);
    const lines = [`PRIVMSG services :${"ü".repeat(300)}`, "AWAY :not a person"];
    const relay = await relayOn(t, server, { more: { at_connect: lines } });
    assert.equal(server.lookup("bridge")?.away, "not a person");
    assert.match(relay.host.log, /A line of at_connect was not written.*PRIVMSG/);
    assert.doesNotMatch(relay.host.log, /üüü/);
  });
});
