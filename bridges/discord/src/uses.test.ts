import assert from "node:assert/strict";
import { test } from "node:test";
import { firstPart, loginId, userId } from "@bridgebox/core/adapter";
import type { AsideEvent, Connection, Json, Order } from "@bridgebox/core/adapter";
import { fromPlain } from "@bridgebox/core/richtext";
import { createAttempt, MemoryHost } from "@bridgebox/core/testing";
import type { DiscordServer, Use, User, Wire } from "../../../test/networks/discord/index.ts";
import { openRest } from "./api/rest.ts";
import { Commands } from "./commands.ts";
import { connected } from "./testing/fixture.ts";
import type { Fixture, Live } from "./testing/fixture.ts";
import { story } from "./testing/story.ts";
import { Uses } from "./uses.ts";

const self = { as: "self" } as const;

/** What the bot asked of Discord about its commands. */
const registered = (server: DiscordServer, method: string): readonly (Wire | undefined)[] =>
  server.calls
    .filter((call) => call.method === method && call.path.endsWith("/commands"))
    .map(({ body }) => body);

/** Both commands are made, and the box knows that they are its own. */
const offered = (host: MemoryHost): Promise<unknown> =>
  host.until(() => JSON.stringify(host.kept.store.get("commands") ?? {}).includes('"unlink"'));

/** How often something of the commands was written. */
const written = (server: DiscordServer): number =>
  server.calls.filter(({ method, path }) => method !== "GET" && path.includes("/commands")).length;

/** Another life of that bot, once it has looked at its commands and written so often. */
const restarted = async ({ server, live }: Fixture, before: Live, writes = 2): Promise<Live> => {
  const looked = registered(server, "GET").length;
  const again = await live(before.host.kept);
  await server.until(() => registered(server, "GET").length > looked);
  await server.until(() => written(server) >= writes);
  return again;
};

const asides = (host: MemoryHost): readonly AsideEvent[] =>
  host.events.flatMap((event) => (event.kind === "aside" ? [event] : []));

const asked = (host: MemoryHost, text: string): Promise<AsideEvent> =>
  host.event(`the aside ${text}`, (it) => it.kind === "aside" && it.text === text && it);

const answerTo = (connection: Connection, { chat }: AsideEvent, text: string): Order => {
  const content = { parts: [{ id: firstPart, kind: "text", text: fromPlain(text) }] } as const;
  const [draft] = connection.plan?.({ chat, speaker: self, content, at: 0 }) ?? [];
  assert.ok(draft);
  return { chat, draft, speaker: self };
};

const shownTo = (use: Use): unknown => use.answer?.["content"];

story("commands are made once, and a restart writes nothing", async (fixture) => {
  const { server, live } = fixture;
  server.uses.register({ name: "dice", description: "The admin's own." });
  const first = await live();
  await offered(first.host);
  assert.deepEqual(
    registered(server, "POST").map((body) => body?.["name"]),
    ["link", "unlink"],
  );
  await first.close();
  await restarted(fixture, first);
  assert.equal(written(server), 2);
  assert.deepEqual([...server.uses.commands.keys()], ["dice", "link", "unlink"]);
});

story(
  "what an admin changed of a command stays, and what they deleted is made again",
  async (fixture) => {
    const { server, bob, channel, live } = fixture;
    const first = await live();
    await offered(first.host);
    await first.close();
    const edited = {
      name: "link",
      description: "Our admin's words.",
      default_member_permissions: "32",
    };
    server.uses.register({ ...server.uses.commands.get("link"), ...edited });
    const second = await restarted(fixture, first);
    assert.equal(written(server), 2);
    assert.equal(server.uses.commands.get("link")?.["description"], edited.description);
    server.uses.use(bob, channel, "link", {});
    await asked(second.host, "link");
    await second.close();
    server.uses.commands.delete("link");
    const third = await restarted(fixture, first, 3);
    server.uses.use(bob, channel, "link", { code: "abcde" });
    await asked(third.host, "link abcde");
  },
);

story("what a new box has more to say of its command is said once", async (fixture) => {
  const { server, live } = fixture;
  const first = await live();
  await offered(first.host);
  await first.close();
  const older = (text: string): string => text.replace("End what /link began.", "Undo /link.");
  const { id, ...unlink } = server.uses.commands.get("unlink") ?? {};
  const permissions = { default_member_permissions: "32" };
  const before = { ...unlink, ...permissions, description: "Undo /link." };
  server.uses.register(before);
  const { store } = first.host.kept;
  store.set("commands", JSON.parse(older(JSON.stringify(store.get("commands")))) as Json);
  for (let life = 0; life < 2; life += 1) await (await restarted(fixture, first, 3)).close();
  assert.equal(written(server), 3);
  const now = server.uses.commands.get("unlink");
  assert.deepEqual(
    [now?.["id"], now?.["description"], now?.["default_member_permissions"]],
    [id, "End what /link began.", "32"],
  );
});

story(
  "a command of somebody else's by our name stays, and its uses are theirs",
  async (fixture) => {
    const { server, bob, channel, live } = fixture;
    server.uses.register({ name: "link", description: "Theirs." });
    const { host } = await live();
    await offered(host);
    assert.match(host.log, /warn .*\/link.*another one of that name/);
    assert.deepEqual(
      registered(server, "POST").map((body) => body?.["name"]),
      ["unlink"],
    );
    assert.equal(server.uses.commands.get("link")?.["description"], "Theirs.");
    const theirs = server.uses.use(bob, channel, "link", {});
    server.uses.use(bob, channel, "unlink", {});
    await asked(host, "unlink");
    assert.equal(theirs.answer, undefined);
    assert.equal(asides(host).length, 1);
  },
);

story("nothing is registered where the box would not hear of it", async ({ server, live }) => {
  server.uses.endpoint = "https://bots.example.org/";
  const { host } = await live();
  assert.match(host.log, /warn .*\/link.*Interactions Endpoint URL/);
  assert.deepEqual(registered(server, "GET"), []);
});

story(
  "who uses /link is answered at once, though nothing can be stored, and then where only they read it",
  async ({ server, bob, channel, live }) => {
    const { host, connection } = await live();
    await offered(host);
    const stored = Promise.withResolvers<void>();
    host.beforeCommit = () => stored.promise;
    server.say(bob, channel, "before it");
    await server.gateway.read();
    const use = server.uses.use(bob, channel, "link", { code: " abcde-fghij " });
    await server.until(() => use.answer !== undefined);
    assert.match(String(shownTo(use)), /I look at that/);
    assert.equal(use.answer?.["flags"], 64, "nobody else sees it");
    stored.resolve();
    const aside = await asked(host, "link abcde-fghij");
    assert.deepEqual([aside.sender, aside.name], [userId(bob.id), "bob"]);
    assert(!JSON.stringify(host.events).includes(use.token));
    assert(host.kept.secrets.has("uses"));
    for (const text of ["say confirm *WORD*", "you are linked"]) {
      await connection.send(answerTo(connection, aside, text), createAttempt());
      assert.equal(String(shownTo(use)).replaceAll("\\", ""), text);
    }
    const edits = server.calls.filter(({ path }) => path.endsWith("/messages/@original"));
    assert.deepEqual(
      edits.map(({ body }) => body?.["allowed_mentions"]),
      [{ parse: [] }, { parse: [] }],
    );
    server.say(bob, channel, "after it");
    await host.event(
      "what was said after",
      (it) =>
        it.kind === "message" && it.sender === bob.id && JSON.stringify(it).includes("after it"),
    );
    assert.equal(host.of("message").length, 2, "of the answer nobody in the channel reads");
    assert(!host.log.includes(use.token));
  },
);

story(
  "whoever uses a command is whom Discord names, and nothing else is taken for one",
  async ({ server, bob, carol, channel, live }) => {
    const { host } = await live();
    await offered(host);
    const hostile = (change: (data: Wire) => Wire): void => {
      const data = server.uses.told(bob, channel, "link", { code: "abcde-fghij" });
      server.world.tellGuild(0, "INTERACTION_CREATE", change(data));
    };
    const before = server.calls.length;
    hostile((data) => ({ ...data, application_id: carol.id }));
    hostile((data) => ({ ...data, data: { ...(data["data"] as Wire), name: "dice" } }));
    hostile((data) => ({ ...data, data: { ...(data["data"] as Wire), type: 2 } }));
    hostile((data) => ({
      ...data,
      member: { ...(data["member"] as Wire), user: { ...bob, bot: true } },
    }));
    hostile((data) => ({ ...data, token: "../../channels/1/messages" }));
    server.uses.use(carol, server.direct(carol), "link", { code: "link abcde-\nfghij" });
    const aside = await asked(host, "link abcde-fghij");
    assert.equal(aside.sender, carol.id);
    assert.equal(asides(host).length, 1);
    assert.equal(server.calls.slice(before).filter(({ method }) => method !== "GET").length, 1);
  },
);

story(
  "what is heard again is told once more under the same key, and who came too late does it again",
  async ({ server, bob, channel, live }) => {
    const { host } = await live();
    await offered(host);
    let refusals = 1;
    host.beforeCommit = () => {
      refusals -= 1;
      return refusals < 0 ? Promise.resolve() : Promise.reject(new Error("the disk is full"));
    };
    server.uses.use(bob, channel, "unlink", {});
    const { key } = await asked(host, "unlink");
    assert.match(key, /^u:\d+$/);
    assert.deepEqual(server.gateway.began, ["identify", "resume"]);
    const release = server.hang(/callback$/);
    const late = server.uses.use(bob, channel, "link", {});
    late.late = true;
    release();
    server.uses.use(bob, channel, "link", {});
    await asked(host, "link");
    assert.deepEqual(
      asides(host).map(({ text }) => text),
      ["unlink", "link"],
    );
  },
);

story(
  "after a restart the answer stands where it belongs, and in private once Discord takes it there no more",
  async ({ server, bob, channel, live }) => {
    const first = await live();
    await offered(first.host);
    const use = server.uses.use(bob, channel, "link", {});
    const aside = await asked(first.host, "link");
    await first.close();
    const second = await live(first.host.kept);
    await connected(second);
    const { connection } = second;
    const order = answerTo(connection, aside, "after the restart");
    assert.deepEqual(await connection.find?.(order, createAttempt()), { state: "absent" });
    await connection.send(order, createAttempt());
    assert.equal(shownTo(use), "after the restart");
    use.over = true;
    await connection.send(answerTo(connection, aside, "a day later"), createAttempt());
    assert.equal(shownTo(use), "after the restart");
    const told = (user: User) =>
      server.posts(server.direct(user)).map(({ message }) => message.content);
    assert.deepEqual(told(bob), ["a day later"]);
  },
);

test("a store that fails for a moment ends no command for ever", async () => {
  const { log, signal } = new MemoryHost().session();
  const rest = openRest({ api: undefined, token: "none" });
  const view = { login: loginId("bot"), application: () => "1", rest, log, signal };
  const use = String((BigInt(Date.now()) - 1_420_070_400_000n) << 22n);
  let failures = 1;
  const get = (): Promise<Json> => {
    failures -= 1;
    return failures < 0 ? Promise.resolve({ [use]: "token" }) : Promise.reject(new Error("busy"));
  };
  const store = { get, set: () => Promise.resolve() };
  const uses = new Uses({ view, store, isOurs: () => true });
  await assert.rejects(uses.tokenOf(use), /busy/);
  assert.equal(await uses.tokenOf(use), "token");
  rest.close();
});

test("what could not be read of the commands is read anew, and odd rows are none of ours", async () => {
  const { log } = new MemoryHost().session();
  const rest = openRest({ api: undefined, token: "none" });
  const view = { application: () => "1", rest, log };
  const rows = { link: { id: "5", said: "x" }, unlink: { id: "../6", said: "x" }, dice: 7 };
  let failures = 1;
  const get = (): Promise<Json> => {
    failures -= 1;
    return failures < 0 ? Promise.resolve(rows) : Promise.reject(new Error("busy"));
  };
  const commands = new Commands({ view, store: { get, set: () => Promise.resolve() } });
  await assert.rejects(commands.recall(), /busy/);
  await commands.recall();
  assert.deepEqual(
    ["5", "../6", undefined].map((id) => commands.isOurs(id)),
    [true, false, false],
  );
  rest.close();
});
