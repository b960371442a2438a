import assert from "node:assert/strict";
import { test } from "node:test";
import { BridgeError, loginId, messageId } from "../adapter/index.ts";
import type { GapEvent } from "../adapter/index.ts";
import { net } from "../testing/engine-fixture.ts";
import { gap, numbers, openHealed, room, text } from "../testing/healed-scene.ts";
import { saying } from "../testing/scripted-network.ts";
import { open } from "../testing/store-sqlite.ts";
import { tempDir } from "../testing/store-fixture.ts";
import { until } from "../testing/until.ts";

test("what was missed comes before what is said now, in order, once, however many pages", async (t) => {
  const { archive, network, homeserver, idle } = await openHealed(t);
  await network.accept([archive.say(1), archive.say(2)]);
  for (let number = 3; number <= 12; number += 1) archive.say(number);
  await network.accept([gap({ from: messageId("2") })]);
  await network.accept([archive.say(13), archive.say(14)]);
  await idle();
  assert.deepEqual(homeserver.said(room), numbers(1, 14));
  assert.ok(archive.asked.length >= 4);
});

test("a gap whose end is known is read up to there", async (t) => {
  const { archive, network, homeserver, idle } = await openHealed(t);
  await network.accept([archive.say(1), archive.say(2)]);
  for (let number = 3; number <= 6; number += 1) archive.say(number);
  const later = Array.from({ length: 24 }, (_, index) => archive.say(index + 7));
  const [end] = later;
  assert.ok(end);
  await network.accept([gap({ from: messageId("2"), to: end.id }), ...later]);
  await idle();
  assert.deepEqual(homeserver.said(room), numbers(1, 30));
  const newer = archive.asked.filter(({ direction }) => direction === "newer");
  assert.equal(newer.length, 2, "pages of three, the second of which holds the end");
});

test("a gap that is told while the login is only connecting is read once it is there", async (t) => {
  const store = await open(await tempDir(t));
  const before = await openHealed(t, { store });
  const { archive, homeserver } = before;
  await before.network.accept([archive.say(1), archive.say(2)]);
  await before.idle();
  await before.engine.stop();
  for (let number = 3; number <= 6; number += 1) archive.say(number);
  const first = [gap({ from: messageId("2") })];
  const after = await openHealed(t, { store, archive, homeserver, first });
  await after.network.accept([archive.say(7)]);
  await until("it was read", () => {
    after.clock.advance(2000);
    return homeserver.said(room).length >= 7;
  });
  assert.deepEqual(homeserver.said(room), numbers(1, 7));
});

test("where only the time of the gap is known, it is read back to there", async (t) => {
  const { archive, network, homeserver, idle, news } = await openHealed(t);
  for (let number = 1; number <= 10; number += 1) archive.say(number);
  await network.accept([gap({ since: 1_700_000_003_000 })]);
  await idle();
  const doers = news.flatMap((one) => (one.what === "outcome" ? [one.by] : []));
  assert.deepEqual(new Set(doers), new Set([undefined]), "nobody was active now");
  assert.deepEqual(homeserver.said(room), numbers(4, 10));
});

test("what became of known messages meanwhile is seen: edits, deletions, and nothing else", async (t) => {
  const { archive, network, homeserver, idle } = await openHealed(t);
  archive.size = 100;
  const shown = [1, 2, 3, 4, 5].map((number) => archive.say(number));
  archive.say(0, "from before the bridge");
  await network.accept(shown);
  await idle();
  const third = archive.kept.get(3);
  assert.ok(third);
  archive.kept.set(3, { ...third, content: text("number three") });
  archive.kept.delete(4);
  archive.say(6);
  await network.accept([gap({ from: messageId("5") })]);
  await idle();
  assert.deepEqual(homeserver.said(room), [...numbers(1, 5), "number 6", "* number three"]);
  const fourth = homeserver.events.find(({ content }) => content["body"] === "number 4");
  assert.deepEqual(
    homeserver.events.flatMap(({ redacts }) => (redacts === undefined ? [] : [redacts])),
    [fourth?.event_id],
  );
});

test("a network that does not say what is deleted deletes nothing", async (t) => {
  const { archive, network, homeserver, idle } = await openHealed(t);
  archive.size = 100;
  archive.unlisted = "unknown";
  await network.accept([1, 2, 3].map((number) => archive.say(number)));
  archive.kept.delete(2);
  await network.accept([gap({ from: messageId("3") })]);
  await idle();
  assert.equal(homeserver.count("redact"), 0);
});

test("live chat goes on while the network makes it wait, and the rest comes with its own time", async (t) => {
  const { archive, network, homeserver, clock, idle, settle } = await openHealed(t);
  let limited = true;
  archive.fault = () =>
    limited
      ? new BridgeError("rate_limit", "Later.", {
          reached: "no",
          scope: "login",
          retryAfter: 30_000,
        })
      : undefined;
  archive.say(1);
  await network.accept([gap({ from: messageId("0") })]);
  await network.accept([saying("bob", "live")]);
  await settle();
  await settle();
  assert.deepEqual(homeserver.said(room), ["live"]);
  limited = false;
  clock.advance(30_000);
  await idle();
  assert.deepEqual(homeserver.said(room), ["live", "number 1"]);
});

test("however often one gap is told of while the network makes it wait, it is read once", async (t) => {
  const { archive, network, homeserver, clock, idle, settle, store } = await openHealed(t);
  let limited = true;
  const later = { reached: "no", scope: "login", retryAfter: 30_000 } as const;
  archive.fault = () => (limited ? new BridgeError("rate_limit", "Later.", later) : undefined);
  archive.size = 100;
  archive.say(1);
  const tell = async (more: Partial<GapEvent>): Promise<void> => {
    await network.accept([gap(more)]);
    await settle();
  };
  const waiting = async (): Promise<number> => (await store.read.items.depth())[0]?.count ?? 0;
  for (let at = 1; at <= 5; at += 1) await tell({ from: messageId("0"), at });
  assert.equal(await waiting(), 1);
  await tell({ from: messageId("0"), to: messageId("9"), at: 6 });
  assert.equal(await waiting(), 1, "what is read to its end is read to there too");
  for (const since of [5, 6, 7]) await tell({ since, at: since });
  assert.equal(await waiting(), 2);
  await tell({ since: 4, at: 8 });
  assert.equal(await waiting(), 3, "it began earlier");
  archive.say(2);
  limited = false;
  clock.advance(30_000);
  await idle();
  assert.deepEqual(homeserver.said(room), numbers(1, 2));
});

test("what the network will not say is marked where it is missing", async (t) => {
  const { archive, network, homeserver, idle } = await openHealed(t);
  archive.fault = () =>
    new BridgeError("forbidden", "Not for you.", { reached: "no", scope: "item" });
  await network.accept([gap({ from: messageId("1") })]);
  await idle();
  assert.deepEqual(homeserver.said(room), []);
  await network.accept([saying("bob", "live")]);
  await idle();
  assert.equal(homeserver.said(room).length, 2);
  assert.match(homeserver.said(room)[0] ?? "", /may be missing/);
});

test("a gap that nobody may read is marked at once: a login that is gone, or has to log in again", async (t) => {
  const { archive, network, homeserver, idle, engine } = await openHealed(t);
  archive.say(1);
  const from = messageId("1");
  await network.accept([gap({ from })], { seenBy: [loginId("net:nobody")] });
  await network.accept([saying("bob", "live")]);
  await idle();
  assert.match(homeserver.said(room)[0] ?? "", /may be missing/);
  network.connecting = () =>
    Promise.reject(new BridgeError("auth", "Not any more.", { reached: "no", scope: "login" }));
  const relay = loginId("net:relay");
  const live = engine.works.box.networks.get(net);
  const login = live?.logins.get(relay);
  assert.ok(live && login);
  await engine.supervisor.add(live, login.row);
  await until("it is to log in again", () => live.logins.get(relay)?.state === "needs-login");
  await network.accept([gap({ from, at: 1_700_000_950_000 })]);
  await network.accept([saying("bob", "live too")]);
  await idle();
  assert.equal(homeserver.said(room).filter((text) => /may be missing/.test(text)).length, 2);
});

test("a gap without a beginning, or that is gone for good, is only marked", async (t) => {
  const { archive, network, homeserver, idle } = await openHealed(t);
  archive.say(1);
  await network.accept([gap({}), gap({ from: messageId("1"), healable: false })]);
  await network.accept([saying("bob", "live")]);
  await idle();
  assert.equal(archive.asked.length, 0);
  assert.match(homeserver.said(room)[0] ?? "", /may be missing/);
});

test("a box that dies goes on at the page where it was", async (t) => {
  const store = await open(await tempDir(t));
  t.after(() => store.close());
  const first = await openHealed(t, { store });
  const { archive, homeserver } = first;
  for (let number = 1; number <= 9; number += 1) archive.say(number);
  archive.fault = () =>
    archive.asked.length > 2
      ? new BridgeError("network", "Away.", { reached: "no", scope: "login" })
      : undefined;
  await first.network.accept([gap({ from: messageId("0") })]);
  await first.settle();
  await first.settle();
  await first.engine.stop();
  assert.deepEqual(homeserver.said(room), numbers(1, 6));
  archive.fault = undefined;
  const asked = archive.asked.length;
  const second = await openHealed(t, { store, archive, homeserver });
  second.clock.advance(3_600_000);
  await second.idle();
  assert.deepEqual(homeserver.said(room), numbers(1, 9));
  assert.equal(archive.asked[asked]?.page, "6");
});
