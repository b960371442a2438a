import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { signedEvents } from "./signed.ts";

const secret = "signing-secret";

const call = (number: number, at: number): Request => {
  const body = JSON.stringify({ type: "event_callback", number });
  const mac = createHmac("sha256", secret).update(`v0:${at}:${body}`).digest("hex");
  const headers = { "x-slack-signature": `v0=${mac}`, "x-slack-request-timestamp": String(at) };
  return new Request("https://box.test/network/slack/events", { method: "POST", headers, body });
};

test("a repetition is refused, however many calls came between, at the same cost for each", async () => {
  let clock = 1_700_000_000;
  let looked = 0;
  const now = (): number => {
    looked += 1;
    return clock;
  };
  const answer = signedEvents({ secret, receive: async () => undefined, now });
  const statusOf = async (request: Request): Promise<number> => (await answer(request)).status;
  assert.equal(await statusOf(call(0, clock)), 200);
  const atFirst = looked;
  for (let number = 1; number <= 50; number += 1)
    assert.equal(await statusOf(call(number, clock)), 200);
  assert.ok(looked <= 51 * (atFirst + 1), `the clock was looked at ${looked} times`);
  assert.equal(await statusOf(call(0, clock)), 401);
  clock += 601;
  assert.equal(await statusOf(call(51, clock)), 200);
  assert.equal(await statusOf(call(51, clock)), 401);
});
