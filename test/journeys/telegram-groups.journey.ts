import assert from "node:assert/strict";
import { Api } from "telegram/tl/index.js";
import { asBody, until } from "../sandbox/client.ts";
import type { MatrixUser } from "../sandbox/client.ts";
import type { Stage } from "../stage/stage.ts";
import { endOf, everythingEnded, membershipOf, powerOf, story, talkTo } from "./kit.ts";
import type { Talk } from "./kit.ts";

/** A picture of one dot. */
const cat = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

const alone = { telegram: true, irc: false } as const;

const logIn = async (stage: Stage, person: MatrixUser, phone: string): Promise<Talk> => {
  const talk = await talkTo(stage, person);
  assert.match(await talk.ask("login telegram phone"), /phone/i);
  assert.match(await talk.ask(`+${phone}`), /code/i);
  assert.match(await talk.ask("1 2"), /wrong/);
  assert.match(await talk.ask(stage.telegram.code(phone)), /password|Logged in/);
  return talk;
};

const connected = (stage: Stage, account: number): Promise<void> =>
  stage.box.until((log) => log.includes(`"login":"telegram:${account}","state":"connected"`));

const isRedacted = async (person: MatrixUser, event: string): Promise<void> => {
  await person.until(
    (e) => e.type === "m.room.redaction" && (e.redacts ?? e.content["redacts"]) === event,
  );
};

story("groups, supergroups and who is in them", alone, async (stage) => {
  const { telegram } = stage;
  const me = telegram.addUser({
    phone: "15550009",
    firstName: "Ana",
    username: "anathe",
    password: "open sesame",
  });
  const bob = telegram.addUser({ phone: "15550002", firstName: "Bob", username: "bobthe" });
  const eve = telegram.addUser({ phone: "15550003", firstName: "Eve" });
  const ana = stage.person("ana");
  await stage.box.start();
  const talk = await logIn(stage, ana, "15550009");
  const wrong = await ana.send(talk.room, "open barley");
  await talk.heard(/password is wrong/);
  await isRedacted(ana, wrong);
  const secret = await ana.send(talk.room, "open sesame");
  await talk.heard(/^Logged in as Ana/);
  await isRedacted(ana, secret);
  await connected(stage, me.id);
  const events: string[] = [];
  const known = new Set([talk.room]);
  const newRoom = async (): Promise<string> => {
    const room = await ana.untilInvited((one) => !known.has(one));
    known.add(room);
    return ana.join(room);
  };

  const group = telegram.addGroup("Family", [bob, me, eve]);
  const supergroup = telegram.addSupergroup("The club", [bob, me, eve]);
  const rooms: Record<string, string> = {};
  for (const [name, chat] of [
    ["group", group],
    ["supergroup", supergroup],
  ] as const) {
    const hello = telegram.say(bob, chat, `hello ${name}`);
    const room = await newRoom();
    rooms[name] = room;
    const shown = await ana.untilText(room, `hello ${name}`);
    const title = (await ana.state(room, "m.room.name"))["name"];
    assert.equal(title, chat.title);
    const answer = await ana.send(room, {
      msgtype: "m.text",
      body: "dear Bob",
      format: "org.matrix.custom.html",
      formatted_body: `<b>dear</b> <a href="https://matrix.to/#/${shown.sender}">Bob</a>`,
      "m.relates_to": { "m.in_reply_to": { event_id: shown.event_id } },
    });
    events.push(answer);
    const post = await telegram.until(() =>
      telegram.messages(chat).find((one) => one.text === "dear Bob"),
    );
    assert.equal(post.replyTo, hello);
    assert.equal(post.from, me);
    const kinds = post.entities.map((one) => one.className).toSorted();
    assert.deepEqual(kinds, ["MessageEntityBold", "MessageEntityMentionName"]);
    const back = telegram.say(bob, chat, "thanks", { replyTo: post });
    const thanks = await ana.untilText(room, "thanks");
    assert.deepEqual(asBody(thanks.content["m.relates_to"])["m.in_reply_to"], { event_id: answer });
    events.push(await ana.edit(room, answer, "dearest Bob"));
    await telegram.until(() => post.text === "dearest Bob");
    telegram.edit(back, "thank you");
    await ana.until(
      (e) => asBody(e.content["m.new_content"])["body"] === "thank you" && e.room_id === room,
    );
    events.push(await ana.redact(room, answer));
    await telegram.until(() => post.deleted);
    telegram.remove(back);
    await isRedacted(ana, thanks.event_id);

    const long = Array.from({ length: 2200 }, (_, at) => `w${at}`)
      .join(" ")
      .slice(0, 20_000)
      .trimEnd();
    const big = await ana.send(room, long);
    events.push(big);
    const parts = () => telegram.messages(chat).filter((one) => /^w\d/.test(one.text));
    await telegram.until(() => parts().length === 3);
    assert.equal(
      parts()
        .map((one) => one.text)
        .join(" ")
        .replaceAll(/\s+/g, " "),
      long,
    );
    const shorter = long.slice(0, 5000).trimEnd().replaceAll("w", "v");
    events.push(await ana.edit(room, big, shorter));
    const now = () =>
      telegram.messages(chat).filter((one) => /^v\d/.test(one.text) && !one.deleted);
    await telegram.until(() => now().length === 2 && parts().length === 0);
    events.push(await ana.edit(room, big, `v${long}`));
    await telegram.until(
      () => telegram.messages(chat).filter((one) => /^[vw]\w*\d/.test(one.text)).length === 3,
    );
    events.push(await ana.redact(room, big));
    await telegram.until(() => !telegram.messages(chat).some((one) => /^[vw]+\d/.test(one.text)));
    const url = await ana.upload(cat, "image/png");
    const info = { mimetype: "image/png", size: cat.length, w: 1, h: 1 };
    events.push(await ana.send(room, { msgtype: "m.image", body: "cat.png", url, info }));
    const picture = await telegram.until(() =>
      telegram.messages(chat).find(({ media }) => media?.kind === "photo"),
    );
    assert.ok(picture.media?.kind === "photo");
    assert.deepEqual(telegram.files.read(picture.media.file, 0, 1000), cat);
    telegram.say(bob, chat, "mine", { media: telegram.studio.photo(cat) });
    const shownCat = await ana.until(
      (e) => e.room_id === room && e.content["msgtype"] === "m.image" && e.sender !== ana.userId,
    );
    assert.deepEqual(await ana.download(String(shownCat.content["url"])), cat);
  }

  const { group: family = "", supergroup: club = "" } = rooms;
  telegram.rename(bob, "Robert");
  await until("Bob's ghost has the new name", async () => {
    const ghost = await ana.state(club, "m.room.member", `@telegram_${bob.id}:${stage.domain}`);
    return ghost["displayname"] === "Robert";
  });
  telegram.rename(supergroup, "The society");
  await ana.until((e) => e.room_id === club && e.content["name"] === "The society");
  telegram.leave(supergroup, bob);
  await until("Bob's ghost leaves", async () => {
    return (await membershipOf(ana, club, `@telegram_${bob.id}:${stage.domain}`)) === "leave";
  });
  telegram.join(supergroup, bob);
  telegram.say(bob, supergroup, "back again");
  await ana.untilText(club, "back again");

  const entities = [
    new Api.MessageEntityBold({ offset: 0, length: 4 }),
    new Api.MessageEntityMention({ offset: 5, length: 7 }),
  ];
  telegram.say(bob, supergroup, "look @anathe", { entities });
  const rich = await ana.untilText(club, "look @anathe");
  assert.match(String(rich.content["formatted_body"]), /<strong>look<\/strong>/);
  assert.deepEqual(rich.content["m.mentions"], { user_ids: [ana.userId] });

  const direct = await ana.createRoom({
    preset: "trusted_private_chat",
    is_direct: true,
    invite: [`@telegram_${eve.id}:${stage.domain}`],
  });
  await until("Eve's ghost comes", async () => {
    const ghost = `@telegram_${eve.id}:${stage.domain}`;
    return (await membershipOf(ana, direct, ghost)) === "join";
  });
  events.push(await ana.send(direct, "hi Eve"));
  await telegram.until(() => telegram.messages(me, eve).some((one) => one.text === "hi Eve"));
  telegram.say(eve, me, "hi Ana");
  await ana.untilText(direct, "hi Ana");

  const mine = telegram.addSupergroup("My own", [me, bob]);
  telegram.say(bob, mine, "nice group");
  const own = await newRoom();
  await ana.untilText(own, "nice group");
  const isAt = (who: string, level: number) =>
    until(`${who} has ${level}`, async () => (await powerOf(ana, own, who)) === level);
  const ghost = `@telegram_${bob.id}:${stage.domain}`;
  await isAt(ana.userId, 95);
  const levelled = async (level: number): Promise<void> => {
    const levels = await ana.state(own, "m.room.power_levels");
    const users = { ...asBody(levels["users"]), [ghost]: level };
    await ana.setState(own, "m.room.power_levels", { ...levels, users });
  };
  await levelled(75);
  await telegram.until(() => mine.admins.has(bob));
  await levelled(0);
  await telegram.until(() => !mine.admins.has(bob));
  await levelled(25);
  await ana.until((e) => /no role that can be given there/.test(String(e.content["body"])));
  await isAt(ghost, 0);

  const moved = telegram.migrate(group);
  telegram.say(bob, moved, "we are super now");
  await ana.until((e) => e.content["body"] === "we are super now");
  const after = ana.seen.find((e) => e.content["body"] === "we are super now");
  assert.equal(after?.room_id, family);
  events.push(await ana.send(family, "so we are"));
  await telegram.until(() => telegram.messages(moved).some((one) => one.text === "so we are"));
  await everythingEnded(stage, { events });

  telegram.leave(supergroup, me, bob);
  await ana.until((e) => e.room_id === club && /removed/.test(String(e.content["body"])));
  const vain = await ana.send(club, "anybody there?");
  assert.match(await endOf(stage, vain), /not_bridged|failed/);
});

story("a restart repeats nothing and brings what was missed", alone, async (stage) => {
  const { telegram } = stage;
  const me = telegram.addUser({ phone: "15550009", firstName: "Ana" });
  const bob = telegram.addUser({ phone: "15550002", firstName: "Bob" });
  const club = telegram.addSupergroup("The club", [bob, me]);
  const ana = stage.person("ana");
  await stage.box.start();
  await logIn(stage, ana, "15550009");
  await connected(stage, me.id);
  telegram.say(bob, me, "one");
  telegram.say(bob, club, "uno");
  const rooms = new Map<string, string>();
  for (const text of ["one", "uno"]) {
    const room = await ana.untilInvited(
      (one) => ![...rooms.values()].includes(one) && ana.invites.has(one) && one !== "",
    );
    await ana.join(room);
    rooms.set(text, room);
  }
  await ana.until((e) => e.content["body"] === "one");
  await ana.until((e) => e.content["body"] === "uno");
  const direct = ana.seen.find((e) => e.content["body"] === "one")?.room_id ?? "";
  const shared = ana.seen.find((e) => e.content["body"] === "uno")?.room_id ?? "";
  await ana.send(direct, "mine");
  await telegram.until(() => telegram.messages(me, bob).some((m) => m.text === "mine"));

  await stage.box.kill();
  telegram.say(bob, me, "two");
  telegram.say(bob, club, "dos");
  telegram.say(me, bob, "from my phone");
  const late = await ana.send(direct, "while it was down");
  const circle = telegram.addSupergroup("The circle", [bob]);
  telegram.say(bob, circle, "from before", { date: 1_600_000_000 });
  telegram.join(circle, me, bob);
  for (const text of ["erstens", "zweitens", "drittens"]) telegram.say(bob, circle, text);
  await stage.box.start();
  await ana.untilText(direct, "two");
  await ana.untilText(direct, "from my phone");
  await ana.untilText(shared, "dos");
  await telegram.until(() =>
    telegram.messages(me, bob).some((m) => m.text === "while it was down"),
  );
  assert.equal(await endOf(stage, late), "delivered");
  const { room_id: missed } = await stage.homeserver.until(
    ({ content }) => content["body"] === "drittens",
  );
  const bodies = stage.homeserver
    .room(missed)
    .timeline.flatMap(({ type, content }) => (type === "m.room.message" ? [content["body"]] : []));
  assert.deepEqual(bodies, ["erstens", "zweitens", "drittens"]);

  await stage.box.kill();
  telegram.say(bob, me, "three");
  telegram.say(bob, club, "tres");
  telegram.tooLong();
  await stage.box.start();
  await ana.untilText(direct, "three");
  await ana.untilText(shared, "tres");
  telegram.say(bob, me, "four");
  await ana.untilText(direct, "four");
  const said = (room: string) => ana.texts(room).filter((text) => !/may be missing/.test(text));
  assert.deepEqual(said(direct).toSorted(), [
    "four",
    "from my phone",
    "mine",
    "one",
    "three",
    "two",
    "while it was down",
  ]);
  assert.deepEqual(said(shared), ["uno", "dos", "tres"]);
  const posts = telegram.messages(me, bob).filter((m) => m.text === "while it was down");
  assert.equal(posts.length, 1);
});

story("a bot by its token speaks for everybody in its group", alone, async (stage) => {
  const { telegram } = stage;
  const bob = telegram.addUser({ phone: "15550002", firstName: "Bob" });
  const token = "220201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsax";
  const bot = telegram.addUser({ firstName: "Helper", username: "helperbot", bot: true, token });
  const club = telegram.addSupergroup("The club", [bob, bot], { username: "theclub" });
  const ana = stage.person("ana");
  await stage.box.start();
  const talk = await talkTo(stage, ana);
  assert.match(await talk.ask("login telegram bot"), /token/i);
  assert.match(await talk.ask("123:abc"), /does not know that token/);
  const secret = await ana.send(talk.room, token);
  await talk.heard(/^Logged in as Helper/);
  await isRedacted(ana, secret);
  await connected(stage, bot.id);
  telegram.say(bob, club, "hello bot");
  const room = await ana.untilInvited((one) => one !== talk.room);
  await ana.join(room);
  await ana.untilText(room, "hello bot");
  await ana.send(room, "I am the bot");
  await telegram.until(() => telegram.messages(club).some((m) => m.text === "I am the bot"));
  const list = await talk.ask("list-logins");
  assert.match(list, /telegram:220201543 – Helper: Connected/);
});

story(
  "who logs in finds their chats, as many as wanted, and a restart brings no more",
  {
    ...alone,
    telegramConfig: { sync: { chats: 2, never: ["Secret*"] } },
  },
  async (stage) => {
    const { telegram, box } = stage;
    const me = telegram.addUser({ phone: "15550019", firstName: "Ana" });
    const bob = telegram.addUser({ phone: "15550012", firstName: "Bob" });
    for (const name of ["Oldest", "Older", "Newer", "Secret plans"]) {
      const chat = telegram.addSupergroup(name, [bob, me]);
      telegram.say(bob, chat, `hello in ${name}`);
    }
    const ana = stage.person("ana");
    await box.start();
    const talk = await talkTo(stage, ana);
    await talk.ask("login telegram phone");
    await talk.ask("+15550019");
    assert.match(await talk.ask(telegram.code("15550019")), /Logged in/);
    const rooms: string[] = [];
    for (let count = 0; count < 2; count += 1) {
      const room = await ana.untilInvited((one) => one !== talk.room && !rooms.includes(one));
      rooms.push(await ana.join(room));
    }
    const names = async (): Promise<readonly unknown[]> =>
      Promise.all(rooms.map(async (room) => (await ana.state(room, "m.room.name"))["name"]));
    for (const name of await names()) assert.match(String(name), /^(?:Oldest|Older|Newer)$/);
    await box.stop();
    await box.start();
    await connected(stage, me.id);
    await talk.ask("list-logins");
    await ana.sync();
    assert.deepEqual(
      [...ana.invites].filter((one) => one !== talk.room && !rooms.includes(one)),
      [],
    );
  },
);
