import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nothingKept } from "@bridgebox/core/testing";
import { lined, puppetOn, relayOn } from "./testing/fixture.ts";
import {
  address,
  arrive,
  carol,
  served,
  services,
  told,
  withServices,
} from "./testing/services.ts";

describe("a nick that something else holds", () => {
  for (const [verb, mechanisms] of [
    ["REGAIN", []],
    ["GHOST", ["PLAIN"]],
    ["RECOVER", []],
  ] as const) {
    it(`is given back to its account by the services, before a channel is entered: ${verb}`, async (t) => {
      const { server } = await served(t, "atheme", { mechanisms });
      const regain = { services: { ...services, regain: `${verb} {nick}` } };
      const relay = await relayOn(t, server, { more: { channels: [], ...regain } });
      const kept = nothingKept();
      const before = await puppetOn(t, relay, carol, kept);
      await before.connection.close();
      const dead = await server.user("carol");
      const { host } = await puppetOn(t, relay, carol, kept);
      assert.equal(host.states.at(-1)?.state, "connected");
      assert.equal(server.lookup("carol")?.account, "carol");
      await dead.until(({ command }) => command === (verb === "RECOVER" ? "NICK" : "ERROR"));
      assert.equal(server.lookup("carol_"), undefined);
    });
  }

  it("is not asked back before it was this login's", async (t) => {
    const { server } = await served(t, "atheme", { mechanisms: ["PLAIN"] });
    const relay = await relayOn(t, server, { more: withServices });
    await server.user("carol");
    const { host } = await puppetOn(t, relay, carol);
    assert.match(host.states.at(-1)?.why?.message ?? "", /somebody else is called carol/);
    assert.deepEqual(told(server), []);
  });

  for (const verb of ["REGAIN", "RECOVER"]) {
    it(`is left to its person who took it from the box, also after a restart: ${verb}`, async (t) => {
      const { server } = await served(t, "atheme", { mechanisms: ["PLAIN"] });
      const reconnect = { min_seconds: 1, max_seconds: 1 };
      const relay = await relayOn(t, server, { more: { ...withServices, reconnect } });
      const kept = nothingKept();
      const { host, connection } = await puppetOn(t, relay, carol, kept);
      const phone = await server.user("carol2", { account: "carol" });
      await phone.command(`PRIVMSG ${address} :${verb} carol`);
      if (verb === "REGAIN") await host.reached("connected", 2);
      else {
        const token = server.ping("Guest56175");
        await server.until(() => lined(server, "PONG").some((line) => line.includes(token)));
      }
      await connection.close();
      await puppetOn(t, relay, carol, kept);
      assert.ok(server.lookup("carol_"));
      assert.equal(phone.gone, false);
      assert.deepEqual(told(server).slice(1), []);
    });
  }

  it("is left to who has it where the account has not", async (t) => {
    const { server } = await served(t);
    const other = await server.user("dora");
    const { nick } = await arrive(server, { ...carol, nick: "dora" }, 5000);
    assert.equal(nick, "dora_");
    assert.ok(told(server).includes(`PRIVMSG ${address} :REGAIN dora`));
    assert.equal(other.gone, false);
  });
});
