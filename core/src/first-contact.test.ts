import assert from "node:assert/strict";
import { test } from "node:test";
import type { Log } from "./adapter/index.ts";
import { firstContact } from "./first-contact.ts";
import { MatrixError } from "./matrix/types.ts";
import { ManualClock } from "./testing/manual-clock.ts";
import { ScriptedHomeserver } from "./testing/scripted-homeserver.ts";
import { quiet } from "./testing/engine-fixture.ts";
import { tempDir } from "./testing/store-fixture.ts";
import { open } from "./testing/store-sqlite.ts";
import { until } from "./testing/until.ts";

const refused = (errcode: string): MatrixError =>
  new MatrixError(errcode, "Could not do it.", { status: 401, reached: "no" });

test("what keeps the homeserver from the box is said once, with what to do, and its end", async (t) => {
  const store = await open(await tempDir(t));
  t.after(() => store.close());
  const homeserver = new ScriptedHomeserver();
  const clock = new ManualClock();
  const lines: string[] = [];
  const note = (says: string): void => void lines.push(says);
  const log: Log = { ...quiet, warn: note, info: note };
  const answers = [
    "M_UNKNOWN_TOKEN",
    "M_UNKNOWN_TOKEN",
    "M_CONNECTION_FAILED",
    "NETWORK",
    "M_BAD_STATUS",
  ];
  homeserver.before = () => {
    const errcode = answers.shift();
    if (errcode !== undefined) throw refused(errcode);
  };
  const names = ["@bridgebox:other.test", "@bridgebox:other.test"];
  const whoami = homeserver.whoami.bind(homeserver);
  homeserver.whoami = (call) => {
    const user = answers.length === 0 ? names.shift() : undefined;
    return user === undefined ? whoami(call) : Promise.resolve({ user });
  };
  const { signal } = new AbortController();
  const met = firstContact({ homeserver, name: "Bridge", store, log, clock, signal });
  await until("all is said", () => {
    clock.advance(30_000);
    return lines.length === 6;
  });
  await met;
  assert.match(lines[0] ?? "", /does not know this box: put the lines that `register` prints/);
  assert.match(lines[1] ?? "", /does not reach the box: look at appservice\.address/);
  assert.match(lines[2] ?? "", /is not reached/);
  assert.match(lines[3] ?? "", /is not let in at appservice\.address: restart it/);
  assert.match(
    lines[4] ?? "",
    /has another name than homeserver\.domain says: put its server_name/,
  );
  assert.equal(lines[5], "The homeserver and the box reach each other");
  assert.equal(homeserver.names.get(homeserver.bot), "Bridge");
});
