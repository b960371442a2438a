import assert from "node:assert/strict";
import { it } from "node:test";
import { userId } from "@bridgebox/core/adapter";
import { createAttempt } from "@bridgebox/core/testing";
import { puppetOn, relayOn, serverFor } from "./testing/fixture.ts";

it("makes a channel by joining it, and asks people in; who is there already is no matter", async (t) => {
  const server = await serverFor(t);
  const carl = await server.user("carl");
  const dora = await server.user("dora");
  await dora.join("#lunch-plans");
  const relay = await relayOn(t, server);
  const { connection } = await puppetOn(t, relay, { nick: "anna" });
  const members = [userId("carl"), userId("dora")];
  const group = { kind: "group", name: "Lunch plans", members } as const;
  const chat = await connection.createGroup?.(group, createAttempt());
  assert.equal(chat?.id, "#lunch-plans");
  await carl.until(({ command, params }) => command === "INVITE" && params.includes("carl"));
  assert.ok(server.channel("#lunch-plans")?.members.has("anna"));
  const absent = { ...group, members: [userId("nobody")] };
  await assert.rejects(
    async () => connection.createGroup?.(absent, createAttempt()),
    /You are in #lunch-plans, but nobody was not invited/,
  );
});

it("says that it joins a channel, where no name was given", async (t) => {
  const server = await serverFor(t);
  const relay = await relayOn(t, server);
  const { connection } = await puppetOn(t, relay, { nick: "anna" });
  const members = [userId("carl")];
  await assert.rejects(
    async () => connection.createGroup?.({ kind: "group", members }, createAttempt()),
    /No channel was made – IRC has no groups without a name\. Say a channel, such as #lunch: I join it/,
  );
  const odd = { kind: "group", name: "a,b", members: [] } as const;
  await assert.rejects(async () => connection.createGroup?.(odd, createAttempt()), /No channel/);
});

it("does not enter a channel that is there by a key that only the relay was told", async (t) => {
  const server = await serverFor(t);
  const alice = await server.user("alice");
  await alice.join("#staff");
  await alice.mode("#staff", "+k", "sesame");
  const relay = await relayOn(t, server);
  const signal = AbortSignal.timeout(5000);
  const found = await relay.connection.resolve?.("#staff sesame", signal);
  assert.ok(found?.chat);
  await relay.connection.join?.(found.chat, signal);
  const { connection } = await puppetOn(t, relay, { nick: "anna" });
  const group = { kind: "group", name: "#staff", members: [] } as const;
  await assert.rejects(async () => connection.createGroup?.(group, createAttempt()), {
    code: "forbidden",
    message: /#staff is there and has a key/,
  });
  assert.equal(server.channel("#staff")?.members.has("anna"), false);
});
