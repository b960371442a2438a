import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "../matrix/types.ts";
import { usersOf } from "./levels.ts";
import { mergeLevels } from "./merge-levels.ts";
import type { PeopleLevels } from "./merge-levels.ts";
import { object } from "./to-network/content.ts";

const bot = "@bot:hs.test";
const isGhost = (mxid: string): boolean => mxid.startsWith("@net_");
const everybody = ["@ana:hs", "@eve:hs", "@friend:far", "@boss:hs", "@net_bob:hs", bot];
const fields = ["users_default", "events_default", "state_default", "kick", "ban", "redact"];

/** The same numbers each time (a linear congruence), so that what fails fails again. */
const dice = (seed: number): ((most: number) => number) => {
  let state = seed;
  return (most) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * most);
  };
};

const kept: JsonObject = {
  users: { [bot]: 100, "@boss:hs": 100, "@friend:far": 30 },
  users_default: 0,
  events: {
    "m.room.join_rules": 100,
    "m.room.guest_access": 100,
    "m.room.history_visibility": 100,
    "m.room.encryption": 100,
    "m.room.server_acl": 100,
    "m.room.tombstone": 150,
    "m.room.power_levels": 50,
  },
  state_default: 50,
  kick: 50,
};

test("whatever somebody sets by a role, all but roles is as it was", () => {
  for (let seed = 1; seed <= 500; seed += 1) {
    const roll = dice(seed);
    const users = Object.fromEntries(
      everybody.filter(() => roll(2) === 0).map((mxid) => [mxid, roll(51)]),
    );
    const others = fields.filter(() => roll(2) === 0).map((field) => [field, roll(51)] as const);
    const content: JsonObject = {
      ...Object.fromEntries(others),
      events: { "m.x": roll(51) },
      users,
    };
    const people: PeopleLevels = {
      wanted: roll(2) === 0 ? { "@ana:hs": 50 } : { "@ana:hs": 50, "@eve:hs": 5 },
      given: roll(2) === 0 ? { "@eve:hs": 75 } : {},
      kept,
      accounts: new Set(["@ana:hs", "@eve:hs"]),
      pending: roll(2) === 0,
      grants: roll(4) > 0,
    };
    const seen = { content, creation: undefined, trusted: false };
    const merged = mergeLevels(seen, people, isGhost);
    const { users: after, ...rest } = merged.after;
    const events = { ...object(kept["events"]), "m.room.power_levels": people.grants ? 50 : 100 };
    const { users: _before, ...fixed }: JsonObject = { ...kept, events };
    assert.deepEqual(rest, fixed, `seed ${seed}`);
    const now = usersOf(after);
    for (const mxid of ["@friend:far", "@boss:hs", bot])
      assert.equal(now[mxid], usersOf(kept["users"])[mxid], `${mxid}, seed ${seed}`);
    assert.equal(now["@net_bob:hs"], users["@net_bob:hs"], "its role decides, elsewhere");
    if (people.pending) assert.equal(now["@ana:hs"] ?? 0, users["@ana:hs"] ?? 0);
    else assert.deepEqual([now["@ana:hs"], now["@eve:hs"]], [50, people.wanted["@eve:hs"]]);
    assert.deepEqual(merged.kept, { ...kept, events }, "and what is kept is the same");
    const again = { ...seen, content: merged.after };
    assert.deepEqual(mergeLevels(again, people, isGhost).after, merged.after, "twice is once");
  }
});

test("what somebody with the bot's level sets is kept from then on", () => {
  const users = { [bot]: 100, "@boss:hs": 100, "@friend:far": 40, "@ana:hs": 50 };
  const content: JsonObject = { ...kept, users, kick: 75 };
  const people: PeopleLevels = {
    wanted: { "@ana:hs": 50 },
    given: { "@ana:hs": 50 },
    kept,
    accounts: new Set(["@ana:hs"]),
    pending: false,
    grants: true,
  };
  const merged = mergeLevels({ content, creation: undefined, trusted: true }, people, isGhost);
  assert.deepEqual(merged.after, content);
  const { "@ana:hs": _role, ...others } = users;
  assert.deepEqual(merged.kept, { ...content, users: others });
});

test("who lost a role loses its level at once, whatever changes of levels wait", () => {
  const content: JsonObject = { ...kept, users: { [bot]: 100, "@ana:hs": 50, "@eve:hs": 50 } };
  const people: PeopleLevels = {
    wanted: {},
    given: { "@ana:hs": 50 },
    kept,
    accounts: new Set(["@ana:hs", "@eve:hs"]),
    pending: true,
    grants: true,
  };
  const { after } = mergeLevels({ content, creation: undefined, trusted: false }, people, isGhost);
  const { "@ana:hs": lost, "@eve:hs": waits } = usersOf(after["users"]);
  assert.deepEqual([lost, waits], [undefined, 50]);
});
