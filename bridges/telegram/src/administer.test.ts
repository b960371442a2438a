import assert from "node:assert/strict";
import type { ChatRef, Member, UserId } from "@bridgebox/core/adapter";
import { until } from "@bridgebox/core/testing";
import type { TelegramServer } from "../../../test/networks/telegram/index.ts";
import { shelve, type Live } from "./testing/login.ts";
import { png } from "./testing/pictures.ts";
import { onTelegram } from "./testing/on-telegram.ts";
import { channelChat, groupChat, type Fixture } from "./testing/world.ts";

let server: TelegramServer;
let world: Fixture;
const test = onTelegram((opened) => {
  world = opened;
  ({ server } = opened);
});

const signal = () => AbortSignal.timeout(10_000);

const met = async ({ connection }: Live, name: string): Promise<UserId> => {
  const found = await connection.resolve?.(`@${name}`, signal());
  assert.ok(found?.user);
  return found.user;
};

const somebody = (more = {}) => {
  const username = `carl${Math.random().toString(36).slice(2, 10)}`;
  return { username, account: server.addUser({ firstName: "Carl", username, ...more }) };
};

const abilities = async ({ connection }: Live, chat: ChatRef): Promise<readonly string[]> => {
  const { features } = await connection.describe(chat, signal());
  return features.can.filter((one) => one === "setInfo" || one === "setMember");
};

const set = async ({ connection }: Live, chat: ChatRef, change: Member): Promise<void> =>
  connection.setMember?.(chat, change, signal());

test("name, description and picture of a group and a supergroup are changed, and told once", async () => {
  const { alice, bob, goLive } = world;
  const me = await goLive(alice);
  const group = server.addGroup("Lunch", [alice, bob]);
  const club = server.addSupergroup("Club", [alice, bob]);
  for (const [chat, at] of [
    [groupChat(alice, group), group],
    [channelChat(club), club],
  ] as const) {
    server.say(bob, at, "hi");
    await me.core.until(() =>
      me.core.events.some((one) => "chat" in one && one.chat.id === chat.id),
    );
    const avatar = shelve(me, "picture.png", png(200, 200));
    const change = { name: `${at.title} two`, topic: "What for", avatar };
    await me.connection.setInfo?.(chat, change, signal());
    assert.deepEqual([at.title, at.about], [change.name, "What for"]);
    assert.equal(at.photo?.size, avatar.size);
    await me.core.until(() =>
      me.core.events.some((one) => one.kind === "chat" && one.info.name === change.name),
    );
    const info = await me.connection.describe(chat, signal());
    assert.deepEqual([info.name, info.topic], [change.name, "What for"]);
    const before = server.messages(at).length;
    await me.connection.setInfo?.(chat, { name: change.name, topic: "What for" }, signal());
    await me.connection.setInfo?.(chat, { avatar: null }, signal());
    await me.connection.setInfo?.(chat, { avatar: null }, signal());
    assert.equal(at.photo, undefined);
    assert.equal(server.messages(at).length, before + 1, "only the picture was another one");
  }
});

test("a picture that is too small, and who is no admin, are refused in words", async () => {
  const { alice, bob, goLive } = world;
  const me = await goLive(alice);
  const mine = server.addSupergroup("Mine", [alice, bob]);
  const theirs = server.addSupergroup("Theirs", [bob, alice]);
  for (const one of [mine, theirs]) server.say(bob, one, `hi ${one.id}`);
  await me.core.until(() => me.core.events.filter(({ kind }) => kind === "message").length === 2);
  const avatar = shelve(me, "dot.png", png(10, 10));
  await assert.rejects(
    async () => me.connection.setInfo?.(channelChat(mine), { avatar }, signal()),
    { code: "invalid", scope: "item", message: /picture of the group was not changed.*too small/ },
  );
  await assert.rejects(
    async () => me.connection.setInfo?.(channelChat(theirs), { name: "Ours" }, signal()),
    { code: "forbidden", scope: "item", message: /not renamed: only admins/ },
  );
  assert.equal(theirs.title, "Theirs");
});

test("what can be done follows from what the account may", async () => {
  const { alice, bob, bot, goLive } = world;
  const me = await goLive(alice);
  const robot = await goLive(bot);
  const group = server.addGroup("Open", [bob, alice]);
  const shut = server.addGroup("Shut", [bob, alice], { barred: ["changeInfo"] });
  const club = server.addSupergroup("Club", [bob, alice, bot]);
  const open = server.addSupergroup("Club", [bob, alice, bot], { barred: [] });
  const mine = server.addSupergroup("Mine", [alice, bob]);
  const news = server.addSupergroup("News", [bob, alice, bot], { broadcast: true, admins: [bot] });
  for (const one of [group, shut, club, open, mine, news]) server.say(bob, one, "hi");
  await me.core.until(() => me.core.events.filter(({ kind }) => kind === "message").length === 6);
  assert.deepEqual(await abilities(me, groupChat(alice, group)), ["setInfo"]);
  assert.deepEqual(await abilities(me, groupChat(alice, shut)), []);
  assert.deepEqual(await abilities(me, channelChat(club)), []);
  assert.deepEqual(await abilities(me, channelChat(open)), ["setInfo"]);
  assert.deepEqual(await abilities(me, channelChat(mine)), ["setInfo", "setMember"]);
  assert.deepEqual(await abilities(me, channelChat(news)), []);
  await robot.core.until(
    () => robot.core.events.filter(({ kind }) => kind === "message").length === 3,
  );
  assert.deepEqual(await abilities(robot, channelChat(open)), []);
  assert.deepEqual(await abilities(robot, channelChat(news)), ["setInfo", "setMember"]);
});

test("people are added, removed, banned and let in again", async () => {
  const { alice, bob, goLive } = world;
  const me = await goLive(alice);
  const { username, account } = somebody();
  const user = await met(me, username);
  const group = server.addGroup("Lunch", [alice, bob]);
  const club = server.addSupergroup("Club", [alice, bob]);
  for (const one of [group, club]) server.say(bob, one, "hi");
  await me.core.until(() => me.core.events.filter(({ kind }) => kind === "message").length === 2);
  for (const [chat, at] of [
    [groupChat(alice, group), group],
    [channelChat(club), club],
  ] as const) {
    await set(me, chat, { user, state: "join" });
    await set(me, chat, { user, state: "join" });
    assert.ok(at.members.has(account));
    await me.core.until(() => joins(me, chat, user).includes("join"));
    await set(me, chat, { user, state: "leave" });
    await set(me, chat, { user, state: "leave" });
    assert.ok(!at.members.has(account));
    await me.core.until(() => joins(me, chat, user).includes("leave"));
  }
  assert.ok(!club.removed.has(account), "who was removed may come back");
  await set(me, channelChat(club), { user, state: "ban" });
  assert.ok(club.removed.has(account));
  const lifted = { user, state: "leave", lifted: true } as const;
  await set(me, channelChat(club), lifted);
  assert.ok(!club.removed.has(account) && !club.members.has(account));
  await set(me, channelChat(club), { user, state: "join" });
  for (const chat of [channelChat(club), groupChat(alice, group)]) await set(me, chat, lifted);
  assert.ok(club.members.has(account), "who is not banned stays");
  await set(me, channelChat(club), { user, state: "ban" });
  await set(me, channelChat(club), { user, state: "invite" });
  assert.ok(club.members.has(account) && !club.removed.has(account));
});

const joins = ({ core }: Live, chat: ChatRef, user: UserId): readonly string[] =>
  core.events.flatMap((event) =>
    event.kind === "members" && event.chat.id === chat.id
      ? event.list.filter((one) => one.user === user).map(({ state }) => state)
      : [],
  );

test("somebody is made an admin, a moderator and a member again, as far as the account may", async () => {
  const { alice, bob, goLive } = world;
  const me = await goLive(alice);
  const user = await met(me, bob.username ?? "");
  const group = server.addGroup("Lunch", [alice, bob]);
  const club = server.addSupergroup("Club", [alice, bob]);
  for (const one of [group, club]) server.say(bob, one, "hi");
  await me.core.until(() => me.core.events.filter(({ kind }) => kind === "message").length === 2);
  for (const [chat, at] of [
    [groupChat(alice, group), group],
    [channelChat(club), club],
  ] as const) {
    await set(me, chat, { user, state: "join", role: "admin" });
    assert.ok(at.admins.has(bob));
    await set(me, chat, { user, state: "join", role: "member" });
    assert.ok(!at.admins.has(bob));
  }
  await set(me, channelChat(club), { user, state: "join", role: "moderator" });
  const granted = club.standing.granted.get(bob);
  assert.deepEqual([granted?.has("banUsers"), granted?.has("changeInfo")], [true, false]);
  await assert.rejects(set(me, channelChat(club), { user, state: "join", role: "voice" }), {
    code: "unsupported",
    message: /role was not changed/,
  });
});

test("which roles can be given follows from what the account is, as is what it is itself", async () => {
  const { alice, bob, goLive } = world;
  const me = await goLive(alice);
  const boss = await goLive(bob);
  const user = await met(boss, alice.username ?? "");
  const group = server.addGroup("Lunch", [alice, bob]);
  const club = server.addSupergroup("Club", [bob, alice]);
  for (const one of [group, club]) server.say(bob, one, "hi");
  for (const { core } of [me, boss])
    await core.until(() => core.events.filter(({ kind }) => kind === "message").length === 2);
  const given = async (live: Live, chat: ChatRef) => {
    const { features, members = [] } = await live.connection.describe(chat, signal());
    const self = members.find((one) => one.user === String(live === me ? alice.id : bob.id));
    return [self?.role, features.roles];
  };
  assert.deepEqual(await given(me, groupChat(alice, group)), ["owner", ["admin", "member"]]);
  assert.deepEqual(await given(boss, groupChat(bob, group)), ["member", undefined]);
  const chat = channelChat(club);
  assert.deepEqual(await given(boss, chat), ["owner", ["admin", "moderator", "member"]]);
  assert.deepEqual(await given(me, chat), [undefined, undefined]);
  me.core.chats.push(chat);
  for (const [role, can] of [
    ["moderator", true],
    ["admin", true],
    ["member", false],
  ] as const) {
    const before = me.core.events.length;
    await set(boss, chat, { user, state: "join", role });
    const told = () => me.core.events.slice(before).filter((one) => one.kind === "chat");
    await me.core.until(() =>
      told().some(({ info }) => info.members?.some((one) => one.role === role)),
    );
    await me.core.until(() =>
      told().some(({ info }) => info.features?.can.includes("setMember") === can),
    );
  }
});

test("an answer that is overtaken does not say again what one could do before", async () => {
  const { alice, bob, goLive } = world;
  const me = await goLive(alice);
  const boss = await goLive(bob);
  const club = server.addSupergroup("Club", [bob, alice]);
  server.say(bob, club, "hi");
  await me.core.until(() => me.core.of("message").length === 1);
  const user = await met(boss, alice.username ?? "");
  const chat = channelChat(club);
  await boss.connection.describe(chat, signal());
  me.core.chats.push(chat);
  const told = () =>
    me.core.of("chat").flatMap(({ info }) => info.features?.can.includes("setMember") ?? []);
  const asked = () =>
    server.calls.filter((one) => one.name === "channels.GetFullChannel" && one.user === alice);
  const arrive = server.holdReply(alice, "channels.GetFullChannel");
  const before = asked().length;
  await set(boss, chat, { user, state: "join", role: "moderator" });
  await until("it is looked up", () => asked().length > before);
  await set(boss, chat, { user, state: "join", role: "member" });
  await me.core.until(() => told().length === 1);
  arrive();
  await until("it is looked up again", () => asked().length > before + 2);
  await me.core.until(() => told().length > 1 && told().at(-1) === false);
  assert.ok(!told().includes(true), told().join());
});

test("why somebody cannot be added or removed is said, and closes no chat", async () => {
  const { alice, bob, goLive } = world;
  const me = await goLive(alice);
  const shy = somebody({ shy: true });
  const user = await met(me, shy.username);
  const boss = await met(me, bob.username ?? "");
  const club = server.addSupergroup("Club", [alice, bob]);
  const theirs = server.addSupergroup("Theirs", [bob, alice]);
  for (const one of [club, theirs]) server.say(bob, one, "hi");
  await me.core.until(() => me.core.events.filter(({ kind }) => kind === "message").length === 2);
  const chat = channelChat(club);
  const join = { user, state: "join" } as const;
  const says = (message: RegExp) => ({ code: "forbidden", scope: "item", message });
  await assert.rejects(set(me, chat, join), says(/not added: that person's privacy settings/));
  for (const [name, why] of [
    ["USER_PRIVACY_RESTRICTED", /not added: that person's privacy settings/],
    ["PEER_FLOOD", /not added: Telegram lets this account add nobody but its contacts/],
    ["USER_NOT_MUTUAL_CONTACT", /not added: that person left the group/],
    ["USER_CHANNELS_TOO_MUCH", /not added: that person is in as many groups/],
  ] as const) {
    server.fail("channels.InviteToChannel", { code: 403, message: name });
    await assert.rejects(set(me, chat, join), says(why));
  }
  const kick = { user: boss, state: "leave" } as const;
  await assert.rejects(set(me, channelChat(theirs), kick), says(/not removed: only admins/));
});
