import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { BridgeError, chatId, loginId, userId } from "../../adapter/index.ts";
import type { AsideEvent } from "../../adapter/index.ts";
import { ana, net, openEngine } from "../../testing/engine-fixture.ts";
import type { Scene } from "../../testing/engine-fixture.ts";
import { tempDir } from "../../testing/store-fixture.ts";
import { open as openStore } from "../../testing/store-sqlite.ts";
import { ScriptedHomeserver } from "../../testing/scripted-homeserver.ts";
import { lobby, loginOf, saying, ScriptedNetwork } from "../../testing/scripted-network.ts";
import { confirmLink, offerLink, unlink } from "./manage.ts";

const relay = loginId("net:relay");
const hour = 3_600_000;
const bea = "@bea:hs.test";

/** A person's own room with the bot. */
const talkOf = (mxid: string): string => `!bot_${mxid.slice(1, 4)}:hs.test`;

type Options = Pick<Partial<ScriptedNetwork>, "ids" | "more"> &
  Pick<NonNullable<Parameters<typeof openEngine>[1]>, "store" | "failpoint">;

interface Linking extends Scene {
  /** Somebody says it to the box's account; gives what they are answered. */
  readonly aside: (by: string, text: string, more?: Partial<AsideEvent>) => Promise<string>;
  readonly code: (mxid?: string) => Promise<string>;
  readonly notes: () => readonly string[];
}

const open = async (
  t: TestContext,
  { ids = "shared", more = {}, ...parts }: Options = {},
): Promise<Linking> => {
  const network = new ScriptedNetwork({ ids });
  network.more = more;
  const homeserver = new ScriptedHomeserver();
  for (const mxid of [ana, bea]) homeserver.makeRoom(talkOf(mxid), [mxid, homeserver.bot]);
  const settings = { doublePuppet: true };
  const scene = await openEngine(t, { network, homeserver, settings, ...parts });
  await scene.plumb();
  const live = scene.engine.works.box.networks.get(net);
  assert(live);
  let said = 0;
  return {
    ...scene,
    aside: async (by, text, more = {}) => {
      said += 1;
      const before = network.sent.length;
      const chat = { id: chatId(`dm ${by}`), receiver: relay };
      const who = { sender: userId(by), name: by.toUpperCase(), chat };
      const event = { kind: "aside", key: `${by} ${said}`, at: 1, text, ...who, ...more } as const;
      await network.accept([event]);
      await scene.idle();
      const answers = network.sent.slice(before).map(({ order }) => {
        assert.deepEqual(order.chat, more.chat ?? chat, "nobody else hears it");
        return order.draft.plain;
      });
      return answers.join(" ");
    },
    code: (mxid = ana) => offerLink(scene.engine.works, { live, mxid, room: talkOf(mxid) }),
    notes: () =>
      scene.homeserver.events
        .filter(({ room_id, type }) => room_id === talkOf(ana) && type === "m.room.message")
        .map(({ content }) => JSON.stringify(content["body"])),
  };
};

const wordIn = (answer: string): string =>
  /confirm (\w{6})/.exec(answer)?.[1] ?? assert.fail(answer);

const linked = async (scene: Linking, by = "anna", mxid = ana): Promise<void> => {
  const word = wordIn(await scene.aside(by, await scene.code(mxid)));
  await confirmLink(scene.engine.works, { mxid, word });
  await scene.idle();
};

const speaker = async ({ network, homeserver, idle }: Scene, by: string, account?: string) => {
  await network.accept([saying(by, "who am I?", account === undefined ? {} : { account })]);
  await idle();
  return homeserver.events.at(-1)?.sender;
};

const isRefused = (promise: Promise<unknown>): Promise<void> =>
  assert.rejects(promise, (error) => error instanceof BridgeError && error.code === "invalid");

test("code there, word back: then the account is that person's, and only then", async (t) => {
  const scene = await open(t);
  const answer = await scene.aside("anna", `link ${(await scene.code()).toLowerCase()}`);
  assert.match(answer, /^@ana:hs\.test on Matrix says[^]*to @bot:hs\.test on Matrix: confirm /);
  assert.match(scene.notes().join(), /ANNA \(anna\) of Scripted sent your code/);
  assert.equal(await speaker(scene, "anna"), "@net_anna:hs.test");
  await confirmLink(scene.engine.works, { mxid: ana, word: wordIn(answer).toLowerCase() });
  await scene.idle();
  assert.match(scene.network.sent.at(-1)?.order.draft.plain ?? "", /linked to @ana:hs\.test/);
  assert.equal(await speaker(scene, "anna"), ana);
});

test("a code is good for a while, once, for its network and person, and for few tries", async (t) => {
  const scene = await open(t);
  const late = await scene.code();
  scene.clock.advance(10 * 60_000);
  assert.match(await scene.aside("a", late), /used or over/);

  const replaced = await scene.code();
  const code = await scene.code();
  assert.match(await scene.aside("a", replaced), /used or over/);

  const [selector] = code.split("-");
  for (const end of ["AAAAA", "BBBBB", "CCCCC", "DDDDD"])
    assert.match(await scene.aside("guesser", `${selector}-${end}`), /Nothing was linked/);
  const word = wordIn(await scene.aside("anna", code));
  assert.match(await scene.aside("mallory", code), /used or over/, "it was sent by somebody else");
  assert.equal(wordIn(await scene.aside("anna", code)), word, "said again to whom it is for");
  await isRefused(confirmLink(scene.engine.works, { mxid: bea, word }));
  await confirmLink(scene.engine.works, { mxid: ana, word });
  await scene.idle();
  await isRefused(confirmLink(scene.engine.works, { mxid: ana, word }));
  assert.match(await scene.aside("b", code), /used or over/);

  const guessed = await scene.code();
  for (const end of ["AAAAA", "BBBBB", "CCCCC", "DDDDD", "EEEEE"])
    await scene.aside(`guesser ${end}`, `${guessed.split("-")[0]}-${end}`);
  assert.match(await scene.aside("d", guessed), /used or over/, "guessed at too often");
});

test("a word is good for a while and for few tries", async (t) => {
  const scene = await open(t);
  const works = scene.engine.works;
  const late = wordIn(await scene.aside("anna", await scene.code()));
  scene.clock.advance(10 * 60_000);
  await isRefused(confirmLink(works, { mxid: ana, word: late }));
  const word = wordIn(await scene.aside("anna", await scene.code()));
  for (let tries = 0; tries < 5; tries += 1)
    await isRefused(confirmLink(works, { mxid: ana, word: `WRONG${tries}` }));
  await isRefused(confirmLink(works, { mxid: ana, word }));
});

test("whoever says too much is not answered for a while, and bots never", async (t) => {
  const scene = await open(t);
  for (let said = 0; said < 10; said += 1)
    assert.notEqual(await scene.aside("guesser", "AAAAA-BBBBB"), "");
  const code = await scene.code();
  assert.equal(await scene.aside("guesser", code), "");
  scene.clock.advance(hour);
  assert.match(await scene.aside("guesser", await scene.code()), /confirm/);
  for (const text of [
    "hello",
    "AAAAA-BBBBB is what you want",
    "absolutely",
    "",
    "unlink me",
    "link a b",
  ])
    assert.equal(await scene.aside("b", text), "", text);
  assert.match(await scene.aside("b", "link ABCDE-FGHI"), /that is no code.*link net/);
  assert.equal(await scene.aside("relay", await scene.code()), "", "an account of the box itself");
  const hers = { ...loginOf("hers", "user"), id: loginId("net:hers"), network: net, owner: ana };
  await scene.store.commit((tx) => tx.logins.put({ ...hers, accountVersion: 1, since: 1 }));
  assert.match(await scene.aside("hers", await scene.code()), /needs no link/);
});

test("an account is one person's: another one's proof is refused until it is free", async (t) => {
  const scene = await open(t);
  const first = wordIn(await scene.aside("anna", await scene.code()));
  const second = wordIn(await scene.aside("anna", await scene.code(bea)));
  await confirmLink(scene.engine.works, { mxid: bea, word: second });
  await isRefused(confirmLink(scene.engine.works, { mxid: ana, word: first }));
  assert.match(await scene.aside("anna", await scene.code()), /linked to @bea:hs\.test already/);
  assert.match(await scene.aside("anna", "Unlink"), /not linked to @bea:hs\.test/);
  await linked(scene);
  await linked(scene, "annas_second");
  const all = await scene.engine.works.linked.accountsOf(scene.store.read, ana);
  assert.deepEqual(new Set(all.map(({ account }) => account)), new Set(["anna", "annas_second"]));
});

test("either side ends it, also while it is under way, and both are told", async (t) => {
  const scene = await open(t);
  await linked(scene);
  assert.match(await scene.aside("anna", "unlink"), /not linked to @ana/);
  assert.match(scene.notes().at(-1) ?? "", /not linked to you any more/);
  assert.equal(await speaker(scene, "anna"), "@net_anna:hs.test");
  await linked(scene);
  const ended = await unlink(scene.engine.works, { mxid: ana, network: net });
  assert.equal(ended.links.length, 1);
  await scene.idle();
  assert.match(scene.network.sent.at(-1)?.order.draft.plain ?? "", /not linked to a Matrix user/);
  assert.equal(await speaker(scene, "anna"), "@net_anna:hs.test");

  const word = wordIn(await scene.aside("anna", await scene.code()));
  assert.match(await scene.aside("anna", "unlink"), /not linked to @ana/);
  assert.match(scene.notes().at(-1) ?? "", /nothing was linked/);
  await isRefused(confirmLink(scene.engine.works, { mxid: ana, word }));
  assert.match(await scene.aside("anna", "unlink"), /linked to nobody/);
  const again = wordIn(await scene.aside("anna", await scene.code()));
  assert.equal((await unlink(scene.engine.works, { mxid: ana, network: net })).offers.length, 1);
  await isRefused(confirmLink(scene.engine.works, { mxid: ana, word: again }));
});

test("in the private chat of a login that is not there, who is linked is their ghost", async (t) => {
  const scene = await open(t);
  await linked(scene);
  const { puppets } = scene.engine.works;
  const { store } = scene;
  const portal = (await store.read.portals.find(net, lobby)) ?? assert.fail();
  const by = { sender: userId("anna") };
  const ownerIn = (receiver: string): Promise<string | undefined> => {
    const chat = { ...lobby, receiver: loginId(receiver) };
    return puppets.ownerOf(store.read, { ...portal, chat }, by);
  };
  assert.equal(await ownerIn("net:relay"), ana);
  assert.equal(await ownerIn("net:gone"), undefined);
  const hers = { ...loginOf("hers", "user"), id: loginId("net:hers"), network: net, owner: bea };
  await store.commit((tx) => tx.logins.put({ ...hers, accountVersion: 1, since: 1 }));
  assert.equal(await ownerIn("net:hers"), undefined);
});

test("where ids are names, it is the account that the network vouches for", async (t) => {
  const scene = await open(t, { ids: "none" });
  const code = await scene.code();
  assert.match(await scene.aside("anna", code), /nobody is known by a name alone/);
  const word = wordIn(await scene.aside("anna", code, { account: "ann", name: "Ann" }));
  await confirmLink(scene.engine.works, { mxid: ana, word });
  await scene.idle();
  assert.equal(await speaker(scene, "anna"), "@net_anna:hs.test");
  assert.equal(await speaker(scene, "anna", "mallory"), "@net_anna:hs.test");
  assert.equal(await speaker(scene, "ann"), "@net_ann:hs.test");
  assert.equal(await speaker(scene, "whatever", "ann"), ana);
  await scene.anaSays("by my account's name");
  await scene.idle();
  assert.equal(scene.network.sent.at(-1)?.order.draft.plain, "Ann: by my account's name");
});

test("what was taken before the box died is answered after it, once", async (t) => {
  const store = await openStore(await tempDir(t));
  t.after(() => store.close());
  const dead = Promise.withResolvers<void>();
  const failpoint = (name: string): Promise<void> => {
    if (name !== "accept.committed") return Promise.resolve();
    dead.resolve();
    return new Promise(() => undefined);
  };
  const first = await open(t, { store, failpoint });
  const code = await first.code();
  const chat = { id: chatId("dm anna"), receiver: relay };
  const who = { sender: userId("anna"), name: "Anna", chat };
  void first.network.accept([{ kind: "aside", key: "1", at: 1, text: code, ...who }]);
  await dead.promise;
  await first.engine.stop();
  const { network, notes, idle, clock } = await open(t, { store });
  clock.advance(60_000);
  await idle();
  assert.deepEqual([first.network.sent.length, network.sent.length], [0, 1]);
  assert.match(network.sent[0]?.order.draft.plain ?? "", /confirm [A-Z2-9]{6}/);
  assert.equal(notes().length, 1);
});

test("an answer whose end nobody saw is said again only where the network can be asked", async (t) => {
  for (const [can, times] of [
    [false, 1],
    [true, 2],
  ] as const) {
    const more = can ? { find: () => Promise.resolve({ state: "absent" } as const) } : {};
    const scene = await open(t, { more });
    const { network } = scene;
    let broken = 0;
    network.send = () => {
      broken += 1;
      if (broken > 1) return Promise.resolve(network.done());
      return Promise.reject(
        new BridgeError("network", "It broke.", { reached: "unknown", scope: "item" }),
      );
    };
    await scene.aside("anna", "link").catch(() => undefined);
    for (let turns = 0; turns < 3; turns += 1) {
      scene.clock.advance(60_000);
      await scene.settle();
    }
    assert.equal(broken, times, can ? "it was asked" : "it cannot be asked");
  }
});

test("who is linked carries their name to chats that the network's others are in", async (t) => {
  const scene = await open(t);
  await linked(scene);
  await scene.network.accept([
    { kind: "user", user: userId("anna"), info: { name: "Anna <of> Net" }, at: 1 },
  ]);
  await scene.anaSays("hello");
  await scene.idle();
  const { order } = scene.network.sent.at(-1) ?? assert.fail();
  assert.deepEqual(order.chat, lobby);
  assert.match(order.draft.plain, /^Anna of Net: hello/);
});
