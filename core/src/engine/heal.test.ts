import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { BridgeError, chatId, firstPart, loginId, messageId } from "../adapter/index.ts";
import type {
  GapEvent,
  HistoryPage,
  HistoryQuery,
  MessageEvent,
  MessageId,
  RemoteEvent,
} from "../adapter/index.ts";
import { fromPlain } from "../richtext/index.ts";
import { net, openEngine } from "../testing/engine-fixture.ts";
import type { Scene } from "../testing/engine-fixture.ts";
import { refusal } from "../testing/scripted-homeserver.ts";
import { lobby, saying, scriptedInfo, ScriptedNetwork } from "../testing/scripted-network.ts";
import { until } from "../testing/until.ts";
import { open } from "../testing/store-sqlite.ts";
import { tempDir } from "../testing/store-fixture.ts";

const room = "!lobby:hs.test";

const text = (said: string): MessageEvent["content"] => ({
  parts: [{ id: firstPart, kind: "text", text: fromPlain(said) }],
});

const at = (number: number): number => 1_700_000_000_000 + number * 1000;

/** What the network has of a chat, by number; pages of `size`. */
class Archive {
  readonly kept = new Map<number, MessageEvent>();
  readonly asked: HistoryQuery[] = [];
  size = 3;
  unlisted: HistoryPage["unlisted"] = "deleted";
  /** What was sent through us, where the network names it. */
  readonly ours = new Map<number, { readonly id: MessageId; readonly at: number }>();
  namesOurs = true;
  fault: (() => Error | undefined) | undefined;
  /** How long an answer, made already, is on its way. */
  waits: () => Promise<void> = () => Promise.resolve();

  say(number: number, said = `number ${number}`, more?: Partial<MessageEvent>): MessageEvent {
    const event = saying("bob", said, {
      id: messageId(String(number)),
      key: String(number),
      at: at(number),
      ...more,
    });
    this.kept.set(number, event);
    return event;
  }

  async read(query: HistoryQuery): Promise<HistoryPage> {
    this.asked.push(query);
    const fault = this.fault?.();
    if (fault) throw fault;
    const newer = query.direction === "newer";
    const from = Number(query.page ?? query.from ?? (newer ? 0 : Infinity));
    const all = [...this.kept.keys()].toSorted((a, b) => a - b);
    const beyond = all.filter((number) => (newer ? number > from : number < from));
    const taken = newer ? beyond.slice(0, this.size) : beyond.slice(-this.size);
    const edge = newer ? taken.at(-1) : taken[0];
    const events = taken.flatMap((number) => this.kept.get(number) ?? []);
    const page = taken.length < beyond.length ? { page: String(edge) } : {};
    const named = this.namesOurs ? { listed: [...this.ours.values()], ours: true } : {};
    await this.waits();
    return { events, states: [], unlisted: this.unlisted, ...named, ...page };
  }
}

interface Healed extends Scene {
  readonly archive: Archive;
}

const openHealed = async (
  t: TestContext,
  more: {
    store?: Scene["store"];
    archive?: Archive;
    homeserver?: Scene["homeserver"];
    /** What is told before the login is connected. */
    first?: readonly RemoteEvent[];
  } = {},
): Promise<Healed> => {
  const archive = more.archive ?? new Archive();
  const network = new ScriptedNetwork();
  const { first } = more;
  if (first)
    network.connecting = async (session) => {
      await network.accept(first);
      session.state("connected");
    };
  const can = [...scriptedInfo.features.can, "history" as const];
  const info = { ...scriptedInfo, features: { ...scriptedInfo.features, can } };
  network.more = {
    history: (query) => archive.read(query),
    describe: () => Promise.resolve(info),
  };
  const { store, homeserver } = more;
  const scene = await openEngine(t, {
    network,
    ...(store ? { store } : {}),
    ...(homeserver ? { homeserver } : {}),
  });
  const portal = await scene.plumb();
  await scene.store.commit((tx) => scene.engine.works.portals.update(tx, portal, { info }));
  return { ...scene, archive };
};

const gap = (more: Partial<GapEvent>): GapEvent => ({
  kind: "gap",
  chat: lobby,
  at: 1_700_000_900_000,
  healable: true,
  ...more,
});

const numbers = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from + 1 }, (_, at) => `number ${from + at}`);

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
  const { archive, network, homeserver, idle } = await openHealed(t);
  for (let number = 1; number <= 10; number += 1) archive.say(number);
  await network.accept([gap({ since: 1_700_000_003_000 })]);
  await idle();
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

/** What was missed beside messages has been looked for. */
const reviewed = async ({ clock, settle, idle }: Scene): Promise<void> => {
  await settle();
  clock.advance(2000);
  await idle();
};

const redacted = ({ homeserver }: Healed): readonly unknown[] =>
  homeserver.events.flatMap(({ redacts }) =>
    homeserver.events.flatMap(({ event_id: id, content }) =>
      id === redacts ? content["body"] : [],
    ),
  );

test("where nothing new was missed, edits and deletions are seen up to the newest message", async (t) => {
  const scene = await openHealed(t);
  const { archive, network, homeserver, idle } = scene;
  archive.size = 100;
  archive.say(0, "from before the bridge");
  await network.accept([1, 2, 3, 4, 5].map((number) => archive.say(number)));
  await idle();
  archive.say(4, "number four");
  archive.kept.delete(2);
  archive.kept.delete(5);
  archive.say(6, "comes by itself");
  await network.accept([gap({ only: "changes" })]);
  await reviewed(scene);
  assert.deepEqual(homeserver.said(room), [...numbers(1, 5), "* number four"]);
  assert.deepEqual(redacted(scene), ["number 2", "number 5"]);
  assert.deepEqual(
    archive.asked.map(({ direction, from }) => [direction, from]),
    [["older", undefined]],
  );
});

test("what was said before the first message that was fetched is looked at there", async (t) => {
  const scene = await openHealed(t);
  const { archive, network, homeserver, idle } = scene;
  await network.accept([1, 2, 3, 4, 5].map((number) => archive.say(number)));
  await idle();
  archive.say(4, "number four");
  for (const number of [1, 5]) archive.kept.delete(number);
  const fetched = [6, 7, 8, 9].map((number) => archive.say(number));
  archive.kept.delete(8);
  const [first] = fetched;
  assert.ok(first);
  await network.accept([...fetched, gap({ only: "changes", to: first.id, at: first.at })]);
  await reviewed(scene);
  assert.deepEqual(homeserver.said(room), [...numbers(1, 9), "* number four"]);
  assert.deepEqual(redacted(scene), ["number 5"]);
  assert.deepEqual(
    archive.asked.map(({ direction, from }) => [direction, from]),
    [["older", "6"]],
  );
});

for (const named of [true, false])
  test(`what was sent through us and deleted there is ${named ? "" : "not "}taken away where the network ${named ? "lists" : "leaves out"} it`, async (t) => {
    const scene = await openHealed(t);
    const { archive, network, anaSays, idle } = scene;
    archive.namesOurs = named;
    archive.size = 100;
    let number = 1;
    network.send = () => {
      number += 1;
      const sent = { id: messageId(String(number)), at: at(number) };
      archive.ours.set(number, sent);
      return Promise.resolve({ state: "sent", sent });
    };
    await network.accept([archive.say(1)]);
    await idle();
    for (const text of ["kept", "deleted there", "also kept", "the newest"]) await anaSays(text);
    await idle();
    for (const gone of [3, 5]) archive.ours.delete(gone);
    await network.accept([gap({ only: "changes" })]);
    await reviewed(scene);
    // Of the newest nobody can tell whether it was sent while the page was read.
    assert.deepEqual(redacted(scene), named ? ["deleted there"] : []);
  });

test("what is sent while a page is read is not missing in it", async (t) => {
  const scene = await openHealed(t);
  const { archive, network, news, clock, anaSays, settle, idle } = scene;
  network.send = () => Promise.resolve({ state: "sent", sent: { id: messageId("2"), at: at(2) } });
  await network.accept([archive.say(1), archive.say(3)]);
  archive.kept.delete(3);
  await idle();
  const asked = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<void>();
  archive.waits = () => {
    asked.resolve();
    return answered.promise;
  };
  await network.accept([gap({ only: "changes" })]);
  await settle();
  clock.advance(2000);
  await asked.promise;
  const outcomes = (): number => news.filter(({ what }) => what === "outcome").length;
  const before = outcomes();
  await anaSays("meanwhile");
  await until("it was sent", () => outcomes() > before);
  answered.resolve();
  await idle();
  assert.deepEqual(redacted(scene), ["number 3"]);
});

test("an answer in a thread is not missing in the chat, whether or not its root is here", async (t) => {
  const scene = await openHealed(t);
  const { archive, network, idle } = scene;
  const inThread = (root: string) => ({
    content: { ...text("leaf"), thread: { root: { id: messageId(root) } } },
  });
  await network.accept([archive.say(1)]);
  await idle();
  const answers = [archive.say(2, "", inThread("1")), archive.say(3, "", inThread("elsewhere"))];
  await network.accept([...answers, archive.say(4)]);
  await idle();
  for (const number of [2, 3]) archive.kept.delete(number);
  await network.accept([gap({ only: "changes" })]);
  await reviewed(scene);
  assert.deepEqual(redacted(scene), []);
});

test("what may not be taken away is tried once, and keeps no other", async (t) => {
  const scene = await openHealed(t);
  const { archive, network, homeserver, idle } = scene;
  archive.size = 100;
  await network.accept([1, 2, 3, 4].map((number) => archive.say(number)));
  await idle();
  for (const number of [2, 3]) archive.kept.delete(number);
  let refused = 0;
  homeserver.before = ({ op }) => {
    if (op !== "redact" || refused > 0) return;
    refused += 1;
    throw refusal("M_FORBIDDEN", 403);
  };
  await network.accept([gap({ only: "changes" })]);
  await reviewed(scene);
  assert.deepEqual(redacted(scene), ["number 3"]);
  await network.accept([gap({ only: "changes", at: 1_700_000_900_001 })]);
  await reviewed(scene);
  assert.deepEqual(redacted(scene), ["number 3"]);
  assert.equal(archive.asked.length, 2);
});

test("where the network tells what was edited, that is compared, whatever it is, and nothing else", async (t) => {
  const scene = await openHealed(t);
  const { archive, network, homeserver, idle } = scene;
  archive.size = 100;
  const { content } = archive.say(1);
  const answer = { content: { ...content, replyTo: { id: messageId("unknown") } } };
  await network.accept([archive.say(1, "", answer), archive.say(2, "", answer), archive.say(3)]);
  await idle();
  const now = { content: { ...text("changed"), replyTo: { id: messageId("unknown") } } };
  archive.say(1, "", { ...now, edited: at(500) });
  archive.say(2, "", { ...now, edited: at(300) });
  archive.say(3, "with a preview", { edited: null });
  await network.accept([gap({ only: "changes", since: at(400) })]);
  await reviewed(scene);
  assert.deepEqual(
    homeserver.said(room).map((said) => /changed|preview/.test(said)),
    [false, false, false, true],
  );
});

test("an absence in which nobody spoke deletes nothing that a page does not reach", async (t) => {
  const scene = await openHealed(t);
  const { archive, network, idle } = scene;
  await network.accept([1, 2, 3, 4, 5].map((number) => archive.say(number)));
  const later = archive.say(1000, "heard by the connection that is there again");
  await network.accept([later]);
  await idle();
  for (const number of [1, 4, 1000]) archive.kept.delete(number);
  await network.accept([gap({ only: "changes" })]);
  await reviewed(scene);
  assert.deepEqual(redacted(scene), ["number 4"]);
  archive.kept.clear();
  await network.accept([gap({ only: "changes", at: 1_700_000_900_001 })]);
  await reviewed(scene);
  assert.deepEqual(redacted(scene), ["number 4"]);
});

test("an absence in which nobody spoke is never marked, and costs nothing where nothing is shown", async (t) => {
  const scene = await openHealed(t);
  const { archive, network, homeserver, idle } = scene;
  archive.say(0, "from before the bridge");
  await network.accept([gap({ only: "changes" })]);
  await reviewed(scene);
  assert.equal(archive.asked.length, 0);
  await network.accept([archive.say(1)]);
  await idle();
  archive.fault = () => new BridgeError("forbidden", "No.", { reached: "no", scope: "item" });
  await network.accept([
    gap({ only: "changes" }),
    gap({ only: "changes", healable: false, at: 1 }),
  ]);
  await network.accept([archive.say(2)]);
  await reviewed(scene);
  assert.equal(archive.asked.length, 1);
  assert.deepEqual(homeserver.said(room), numbers(1, 2));
});

test("many chats are looked at one after the other, and all of them wait where the network asks to", async (t) => {
  const { archive, network, engine, clock, idle, settle } = await openHealed(t);
  const chats = ["a", "b", "c"].map((id) => ({ id: chatId(id) }));
  for (const chat of chats) await engine.works.portals.ensure(net, chat, "remote");
  await network.accept(chats.map((chat) => saying("bob", "hello", { chat })));
  await idle();
  const asked = async (after: number): Promise<number> => {
    clock.advance(after);
    await settle();
    await settle();
    return archive.asked.length;
  };
  await network.accept(chats.map((chat) => gap({ chat, only: "changes" })));
  assert.equal(await asked(0), 0, "what was said just now may not be listed yet");
  assert.equal(await asked(2000), 1);
  const limit = { reached: "no", scope: "login", retryAfter: 60_000 } as const;
  archive.fault = () => new BridgeError("rate_limit", "Later.", limit);
  assert.equal(await asked(2000), 2, "which is refused");
  assert.equal(await asked(2000), 2);
  archive.fault = undefined;
  assert.equal(await asked(50_000), 2);
  assert.equal(await asked(8000), 3);
  assert.equal(await asked(10_000), 4);
  await idle();
  assert.deepEqual(archive.asked.map(({ chat }) => chat.id).toSorted(), ["a", "b", "b", "c"]);
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
