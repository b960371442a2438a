import assert from "node:assert/strict";
import { test } from "node:test";
import { loginId } from "../adapter/index.ts";
import { ana, net, openEngine } from "../testing/engine-fixture.ts";
import { accountOf } from "./session.ts";

test("what is stored of a login and cannot be read is put right where it came from", async (t) => {
  const { engine } = await openEngine(t);
  const live = engine.works.box.networks.get(net);
  const row = live?.logins.get(loginId("net:relay"))?.row;
  assert.ok(live && row);
  const unreadable = { ...row, account: null };
  assert.throws(() => accountOf(live, { ...unreadable, owner: undefined }), {
    code: "auth",
    message: `${row.name} was not connected: what is stored of it cannot be read. Put a new token or password into the config.`,
  });
  assert.throws(() => accountOf(live, { ...unreadable, owner: ana }), {
    code: "auth",
    message: `${row.name} was not connected: what is stored of it cannot be read. Log in again.`,
  });
});
