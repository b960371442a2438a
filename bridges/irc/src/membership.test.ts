import assert from "node:assert/strict";
import { it } from "node:test";
import { loginId } from "@bridgebox/core/adapter";
import type { Missed } from "./catchup.ts";
import { namesBy } from "./ids.ts";
import { Keys } from "./keys.ts";
import { Membership } from "./membership.ts";
import { Roster } from "./roster.ts";

const store = { get: () => Promise.resolve(undefined), set: () => Promise.resolve() };
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

it("forgets with a dropped store that it caught up: what was told was not stored", async () => {
  const names = namesBy("rfc1459");
  const roster = new Roster(names);
  const committed = new Map([
    ["in:#room", "1000"],
    ["alive", "9000"],
  ]);
  const membership = new Membership({
    login: loginId("net:relay"),
    log: quiet,
    names: () => names,
    roster,
    keys: new Keys({ store, log: quiet, relays: () => undefined }),
    cursor: (name) => committed.get(name),
    client: () => undefined,
    signal: new AbortController().signal,
  });
  membership.want(["#room"]);
  const enter = async (): Promise<Missed | undefined> => {
    const all: Missed[] = [];
    roster.reset(names);
    membership.begin({
      emit: () => undefined,
      missed: (missed) => Promise.resolve(void all.push(missed)),
      mark: () => undefined,
    });
    membership.entered(roster.enter("#room"), 9500);
    await new Promise(setImmediate);
    return all[0];
  };
  assert.equal((await enter())?.since, 1000);
  membership.lost();
  membership.rewind();
  assert.equal((await enter())?.since, 1000);
});
