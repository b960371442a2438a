import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "telegram/index.js";
import { NoAnswer } from "./api/wire.ts";
import { toBridgeError } from "./errors.ts";

const rpc = (errorMessage: string, errorCode: number) =>
  errors.RPCMessageToError({ errorMessage, errorCode } as never, undefined as never) as Error;

const rows = [
  ["FLOOD_WAIT_30", 420, "rate_limit", "no", "login", 30_000],
  ["FLOOD_PREMIUM_WAIT_4", 420, "rate_limit", "no", "login", 4000],
  ["SLOWMODE_WAIT_9", 420, "rate_limit", "no", "chat", 9000],
  ["AUTH_KEY_UNREGISTERED", 401, "auth", "no", "login", undefined],
  ["SESSION_REVOKED", 401, "auth", "no", "login", undefined],
  ["USER_DEACTIVATED_BAN", 401, "banned", "no", "login", undefined],
  ["CHAT_WRITE_FORBIDDEN", 403, "forbidden", "no", "chat", undefined],
  ["USER_BANNED_IN_CHANNEL", 400, "banned", "no", "chat", undefined],
  ["PEER_FLOOD", 400, "forbidden", "no", "chat", undefined],
  ["MESSAGE_EDIT_TIME_EXPIRED", 400, "expired", "no", "item", undefined],
  ["SOMETHING_NEW", 400, "invalid", "no", "item", undefined],
  ["SOMETHING_NEW", 403, "forbidden", "no", "item", undefined],
  ["SOMETHING_NEW", 401, "auth", "no", "login", undefined],
  ["INTERDC_2_CALL_ERROR", 500, "network", "unknown", "item", undefined],
  ["Timeout", -503, "network", "unknown", "item", undefined],
] as const;

for (const [name, status, code, reached, scope, retryAfter] of rows) {
  test(`${name} (${status}) is ${code}`, () => {
    const error = toBridgeError(rpc(name, status), "The message was not sent");
    assert.deepEqual(
      [error.code, error.reached, error.scope, error.retryAfter],
      [code, reached, scope, retryAfter],
    );
    assert.match(error.message, /^The message was not sent.*\.$/);
  });
}

test("a call without an answer may have reached the network", () => {
  const lost = toBridgeError(new NoAnswer("lost"), "It was not sent");
  assert.deepEqual([lost.code, lost.reached, lost.scope], ["network", "unknown", "login"]);
  const aborted = toBridgeError(new NoAnswer("aborted"), "It was not sent");
  assert.deepEqual([aborted.code, aborted.reached, aborted.scope], ["timeout", "unknown", "item"]);
  assert.equal(toBridgeError(new NoAnswer("forgotten"), "It was not sent").code, "auth");
});
