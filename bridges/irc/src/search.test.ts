import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TestContext } from "node:test";
import type { Resolved } from "@bridgebox/core/adapter";
import type { IrcOptions } from "../../../test/networks/irc/index.ts";
import { channel, lined, relayOn, serverFor } from "./testing/fixture.ts";

const signal = () => AbortSignal.timeout(10_000);

/** Channels of Alice's, in one of which the relay is. */
const scene = async (t: TestContext, options: IrcOptions = {}) => {
  const server = await serverFor(t, options);
  const alice = await server.user("alice");
  for (const [name, topic] of [
    ["#room", "Everything"],
    ["#Lunch", "What is for \x02food\x02 today"],
    ["#tea", "Food and drink, mit Ärger"],
    ["#staff", "Lunch of the staff"],
    ["#odd", "[+nst 5] Lunch behind a curtain"],
  ] as const) {
    await alice.join(name);
    await alice.topic(name, topic);
  }
  await alice.mode("#staff", "+s");
  const bob = await server.user("bob");
  await bob.join("#tea");
  const { connection, host } = await relayOn(t, server);
  const search = async (text: string): Promise<readonly Resolved[]> =>
    (await connection.search?.(text, signal())) ?? [];
  const names = async (text: string) => (await search(text)).map(({ name }) => name);
  return { server, alice, connection, host, search, names };
};

describe("looking for channels", () => {
  it("finds them by name and topic, the named first, with people and topic, and asks once for all", async (t) => {
    const { server, search, names } = await scene(t);
    assert.deepEqual(await search("lunch"), [
      { name: "#Lunch", chat: { id: "#lunch" }, members: 1, topic: "What is for food today" },
    ]);
    assert.deepEqual(await names("FOOD"), ["#tea", "#Lunch"]);
    assert.deepEqual(await names("food  tea"), ["#tea"]);
    assert.deepEqual(await names("ÄRGER"), ["#tea"]);
    assert.deepEqual(await names("nothing such"), []);
    assert.deepEqual(await names("  "), []);
    assert.deepEqual(lined(server, "LIST"), ["LIST"]);
  });

  it("cuts a long topic between two characters", async (t) => {
    const { alice, search } = await scene(t);
    await alice.topic("#tea", `${"x".repeat(299)}🍜`);
    const [found] = await search("tea");
    assert.equal(found?.topic, `${"x".repeat(299)}\uFFFD`);
  });

  it("tells nobody of a hidden channel that it is on itself, nor of one that it was on", async (t) => {
    const { server, alice, host, names } = await scene(t);
    assert.deepEqual(await names("everything"), ["#room"]);
    await alice.mode("#room", "+s");
    await host.until(() =>
      host.events.find((event) => event.kind === "chat" && event.info.visibility === "secret"),
    );
    assert.deepEqual(await names("everything"), []);

    const other = await relayOn(t, server, { more: { nick: "bridge2" } });
    const hidden = () => other.connection.search?.("everything", signal());
    assert.deepEqual(await hidden(), []);
    await other.connection.leave?.(channel, undefined, signal());
    assert.deepEqual(await hidden(), []);
  });

  it("asks by name where the server can do that, and for the large ones of many channels", async (t) => {
    const { server, names } = await scene(t, { elist: "MU", claims: 50_000 });
    assert.deepEqual(await names("lunch"), ["#Lunch"]);
    assert.deepEqual(lined(server, "LIST"), ["LIST *lunch*", "LIST >9"]);
    assert.deepEqual(await names("lun*ch"), []);
    assert.deepEqual(await names("tea"), ["#tea"]);
    assert.deepEqual(lined(server, "LIST"), ["LIST *lunch*", "LIST >9", "LIST *tea*"]);
    assert.equal(lined(server, "LUSERS").length, 1);
  });

  it("asks for all of a small network, whatever the server can pick", async (t) => {
    const { server, names } = await scene(t, { elist: "MU" });
    assert.deepEqual(await names("food"), ["#tea", "#Lunch"]);
    assert.deepEqual(lined(server, "LIST"), ["LIST *food*", "LIST"]);
  });

  it("says that the server puts it off, believes nothing that it makes up, and asks anew", async (t) => {
    for (const listing of ["busy", "later"] as const) {
      const { server, search } = await scene(t, { listing });
      for (let times = 1; times <= 2; times += 1) {
        await assert.rejects(search("trap"), { code: "rate_limit", message: /again in a few/ });
        assert.equal(lined(server, "LIST").length, times);
      }
    }
  });

  it("asks for one list at a time, and once for those who ask together", async (t) => {
    const { server, names } = await scene(t);
    const found = await Promise.all(["food", "lunch", "tea"].map(names));
    assert.deepEqual(found, [["#tea", "#Lunch"], ["#Lunch"], ["#tea"]]);
    assert.deepEqual(lined(server, "LIST"), ["LIST"]);
  });

  it("goes on for the others where the first who asked goes", async (t) => {
    const { connection, names } = await scene(t, { elist: "U" });
    const going = new AbortController();
    const first = connection.search?.("food", going.signal);
    const second = names("food");
    going.abort();
    await assert.rejects(Promise.resolve(first));
    assert.deepEqual(await second, ["#tea", "#Lunch"]);
  });
});
