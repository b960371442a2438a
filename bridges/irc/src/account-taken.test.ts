import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nothingKept } from "@bridgebox/core/testing";
import { puppetOn, relayOn, serverFor } from "./testing/fixture.ts";

describe("a server that has SASL no more", () => {
  it("is waited for by who was logged in by it once, also over a restart: its services are away", async (t) => {
    const server = await serverFor(t, { accounts: { carol: "right" } });
    const reconnect = { min_seconds: 1, max_seconds: 1 };
    const relay = await relayOn(t, server, { more: { channels: [], reconnect } });
    const kept = nothingKept();
    const carol = { nick: "carol", sasl: { account: "carol", password: "right" } };
    const first = await puppetOn(t, relay, carol, kept);
    assert.equal(first.host.states.at(-1)?.state, "connected");
    await first.connection.close();
    server.withdraw("sasl");
    const { host } = await puppetOn(t, relay, carol, kept);
    const last = host.states.at(-1);
    assert.equal(last?.state, "reconnecting");
    assert.match(last.why?.message ?? "", /^Not logged in to IRC – the server offers no SASL now/);
    server.offer("sasl");
    await host.reached("connected");
    assert.equal(server.lookup("carol")?.account, "carol");
  });
});
