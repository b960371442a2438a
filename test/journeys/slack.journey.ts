import assert from "node:assert/strict";
import { asBody, MatrixUser } from "../sandbox/client.ts";
import { endOf, everythingEnded, story, talkTo } from "./kit.ts";

const alone = { slack: true, irc: false } as const;

story("a person logs in to Slack by chat and talks in a channel", alone, async (stage) => {
  const { slack, slackApp } = stage;
  const me = slack.addUser("anna");
  const bob = slack.addUser("bob", { displayName: "Bob" });
  const token = slack.addToken("user", me, slackApp.app);
  const general = slack.addChannel("general", [bob, me, slackApp.bot]);
  const ana = stage.person("ana");
  await stage.box.start();
  const talk = await talkTo(stage, ana);
  assert.match(await talk.ask("login slack token"), /token/i);
  const secret = await ana.send(talk.room, token.text);
  await talk.heard(/^Logged in as anna/);
  await ana.until(
    (e) => e.type === "m.room.redaction" && (e.redacts ?? e.content["redacts"]) === secret,
  );
  await stage.box.until((log) => /"login":"slack:T0TEAM001-[^"]*","state":"connected"/.test(log));

  const hello = slack.say(bob, general, "hi *Ana* &amp; all");
  const room = await ana.untilInvited((one) => one !== talk.room);
  await ana.join(room);
  const shown = await ana.untilText(room, "hi Ana & all");
  assert.match(shown.sender, /^@slack_/);
  assert.match(String(shown.content["formatted_body"]), /<strong>Ana<\/strong>/);
  assert.equal((await ana.state(room, "m.room.name"))["name"], "general");

  const events: string[] = [];
  const answer = await ana.send(room, {
    msgtype: "m.text",
    body: "hi Bob",
    "m.relates_to": { "m.in_reply_to": { event_id: shown.event_id } },
  });
  events.push(answer);
  const post = await slack.until(() => general.posts.find((one) => one.text === "hi Bob"));
  assert.equal(post.user, me);
  assert.equal(post.threadTs, hello.ts);
  events.push(await ana.edit(room, answer, "hi Bobby"));
  await slack.until(() => post.text === "hi Bobby");
  slack.edit(general, hello, "hello Ana");
  await ana.until((e) => asBody(e.content["m.new_content"])["body"] === "hello Ana");
  events.push(await ana.redact(room, answer));
  await slack.until(() => !general.posts.includes(post));
  slack.remove(general, hello);
  await ana.until(
    (e) => e.type === "m.room.redaction" && (e.redacts ?? e.content["redacts"]) === shown.event_id,
  );

  const direct = slack.direct(me, bob);
  slack.say(bob, direct, "in private");
  const privately = await ana.untilInvited((one) => one !== talk.room && one !== room);
  await ana.join(privately);
  await ana.untilText(privately, "in private");
  events.push(await ana.send(privately, "indeed"));
  await slack.until(() => direct.posts.some((one) => one.text === "indeed" && one.user === me));
  slack.say(me, direct, "from my phone");
  await ana.untilText(privately, "from my phone");
  await everythingEnded(stage, { events });
});

const lobby = {
  ...alone,
  rooms: [{ room: "#lobby:sandbox.test", chats: ["slack #lobby"] }],
} as const;

story("the app's bot speaks for everybody, each under their own name", lobby, async (stage) => {
  const { slack, slackApp } = stage;
  const bob = slack.addUser("bob", { displayName: "Bob" });
  const channel = slack.addChannel("lobby", [bob]);
  const ana = stage.person("ana");
  await ana.setDisplayname("Ana");
  const room = await ana.createRoom({ preset: "public_chat", room_alias_name: "lobby" });
  await stage.box.start();
  await stage.box.until((log) => log.includes("is bound"));
  assert(channel.members.has(slackApp.bot));

  const sent = await ana.send(room, "anybody <!channel> there?");
  const post = await slack.until(() => channel.posts.find(({ text }) => text.startsWith("any")));
  assert.equal(post.username, "Ana");
  assert.deepEqual(slack.callsOf(post), []);
  slack.say(bob, channel, "me", { thread: post });
  const shown = await ana.untilText(room, "me");
  assert.deepEqual(asBody(shown.content["m.relates_to"])["m.in_reply_to"], { event_id: sent });
  assert.equal(await endOf(stage, sent), "delivered");

  await stage.box.kill();
  slack.say(bob, channel, "while it was away");
  const late = await ana.send(room, "late");
  await stage.box.start();
  await ana.untilText(room, "while it was away");
  await slack.until(() => channel.posts.some(({ text }) => text === "late"));
  assert.equal(await endOf(stage, late), "delivered");
  slack.say(bob, channel, "at last");
  await ana.untilText(room, "at last");
  assert.deepEqual(
    ana.texts(room).filter((text) => !text.startsWith("anybody") && text !== "late"),
    ["me", "while it was away", "at last"],
  );
  assert.equal(channel.posts.filter(({ text }) => text === "late").length, 1);
});

story("who has no login says, changes and deletes it as themselves", lobby, async (stage) => {
  const { slack, slackApp } = stage;
  const { bot, botToken } = slackApp;
  const bob = slack.addUser("bob", { displayName: "Bob" });
  const channel = slack.addChannel("lobby", [bob]);
  const ana = stage.person("ana");
  await ana.setDisplayname("Ana");
  const room = await ana.createRoom({ preset: "public_chat", room_alias_name: "lobby" });
  await stage.box.start();
  await stage.box.until((log) => log.includes("is bound"));
  const calls = (method: string) => slack.calls.filter((call) => call.method === method);

  const said = await ana.send(room, "hello");
  const post = await slack.until(() => channel.posts.find(({ text }) => text === "hello"));
  const [asked, ...more] = calls("chat.postMessage");
  assert(asked && more.length === 0);
  assert.equal(asked.token, botToken.text);
  assert.equal(asked.args["username"], "Ana");
  assert.equal(post.botId, bot.botId);
  assert.equal(await endOf(stage, said), "delivered");

  const edited = await ana.edit(room, said, "hello all");
  await slack.until(() => post.text === "hello all");
  assert.deepEqual(
    calls("chat.update").map(({ token, args }) => [token, args["channel"], args["ts"]]),
    [[botToken.text, channel.id, post.ts]],
  );
  assert.equal(post.username, "Ana", "still under that name");
  assert.equal(await endOf(stage, edited), "delivered");

  const gone = await ana.redact(room, said);
  await slack.until(() => !channel.posts.includes(post));
  assert.deepEqual(
    calls("chat.delete").map(({ token, args }) => [token, args["channel"], args["ts"]]),
    [[botToken.text, channel.id, post.ts]],
  );
  assert.equal(await endOf(stage, gone), "delivered");

  // What Slack tells of all that comes before what Bob says.
  slack.say(bob, channel, "who said that?");
  const shown = await ana.untilText(room, "who said that?");
  const told = ana.seen.filter(
    ({ room_id: where, type }) =>
      where === room && (type === "m.room.message" || type === "m.room.redaction"),
  );
  assert.deepEqual(
    told.map(({ sender, type }) => [sender, type]),
    [
      [ana.userId, "m.room.message"],
      [ana.userId, "m.room.message"],
      [ana.userId, "m.room.redaction"],
      [shown.sender, "m.room.message"],
    ],
    "nothing came back",
  );
  await everythingEnded(stage, { events: [said, edited, gone] });
});

story("a person logs in to Slack by their browser, or by its session", alone, async (stage) => {
  const { slack, slackApp, boxUrl } = stage;
  const me = slack.addUser("anna");
  const bob = slack.addUser("bob", { displayName: "Bob" });
  const ana = stage.person("ana");
  await stage.box.start({ BRIDGEBOX_APPSERVICE__PUBLIC_ADDRESS: boxUrl });
  const talk = await talkTo(stage, ana);
  const says = await talk.ask("login slack oauth");
  const link = /https?:\/\/\S+$/.exec(says)?.[0] ?? "";
  const callback = `${boxUrl}/network/slack/login`;
  assert.equal(new URL(link).searchParams.get("redirect_uri"), callback);
  const back = (answer: URLSearchParams): Promise<Response> =>
    fetch(`${callback}?${answer.toString()}`, { method: "POST" });
  const answer = slack.approve(link, me);
  const forged = new URLSearchParams(answer);
  forged.set("state", "of somebody else");
  assert.equal((await back(forged)).status, 400);
  assert.equal((await back(answer)).status, 200);
  await talk.heard(/^Logged in as anna/);
  assert.equal((await back(answer)).status, 400, "used");
  await stage.box.until((log) => /"login":"slack:T0TEAM001-[^"]*","state":"connected"/.test(log));
  const group = slack.direct(me, bob, slack.addUser("carl"));
  slack.say(bob, group, "the three of us");
  const room = await ana.untilInvited((one) => one !== talk.room);
  await ana.join(room);
  await ana.untilText(room, "the three of us");
  const said = await ana.send(room, "indeed");
  await slack.until(() => group.posts.some(({ text, user }) => text === "indeed" && user === me));
  await everythingEnded(stage, { events: [said] });

  const ben = stage.person("ben");
  const other = slack.addUser("benno");
  const session = slack.addToken("session", other);
  const bens = await talkTo(stage, ben);
  assert.match(await bens.ask("login slack session"), /Token\?/);
  assert.match(await bens.ask(session.text), /Cookie d\?/);
  await ben.send(bens.room, session.cookie ?? "");
  await bens.heard(/^Logged in as benno/);
  const direct = slack.direct(other, bob);
  slack.say(bob, direct, "hello browser");
  const privately = await ben.untilInvited((one) => one !== bens.room);
  await ben.join(privately);
  await ben.untilText(privately, "hello browser");
  await ben.send(privately, "hello Bob");
  await slack.until(() =>
    direct.posts.some(({ text, user }) => text === "hello Bob" && user === other),
  );
  for (const secret of [session.text, session.cookie ?? "-", slackApp.botToken.text])
    assert(!stage.box.log.includes(secret), "no secret is logged");
});

story("pictures, reactions and threads go both ways", lobby, async (stage) => {
  const { slack } = stage;
  const bob = slack.addUser("bob", { displayName: "Bob" });
  const channel = slack.addChannel("lobby", [bob]);
  const account = stage.homeserver.addUser("ana");
  const ana = new MatrixUser({ url: stage.homeserver.url, ...account });
  const authorization = `Bearer ${account.accessToken}`;
  await ana.setDisplayname("Ana");
  const room = await ana.createRoom({ preset: "public_chat", room_alias_name: "lobby" });
  await stage.box.start();
  await stage.box.until((log) => log.includes("is bound"));

  const dog = slack.addFile(bob, "dog.png", new TextEncoder().encode("a dog"), {
    mime: "image/png",
    width: 3,
    height: 4,
  });
  slack.say(bob, channel, "my dog", { files: [dog] });
  const shown = await ana.until((e) => e.content["msgtype"] === "m.image" && e.room_id === room);
  assert.equal(shown.content["filename"], "dog.png");
  assert.equal(shown.content["body"], "my dog");
  const path = String(shown.content["url"]).replace("mxc://", "");
  const bytes = await fetch(`${stage.homeserver.url}/_matrix/client/v1/media/download/${path}`, {
    headers: { authorization },
  });
  assert.equal(await bytes.text(), "a dog");

  const upload = await fetch(`${stage.homeserver.url}/_matrix/media/v3/upload`, {
    method: "POST",
    body: "a cat",
    headers: { authorization, "content-type": "image/png" },
  });
  const { content_uri: url } = asBody(await upload.json());
  const sent = await ana.send(room, {
    msgtype: "m.image",
    body: "my cat",
    filename: "cat.png",
    url,
    info: { mimetype: "image/png", size: 5 },
  });
  const post = await slack.until(() => channel.posts.find(({ username }) => username === "Ana"));
  const file = [...slack.world.files.values()].find(({ name }) => name === "cat.png");
  assert.equal(new TextDecoder().decode(file?.bytes), "a cat");
  assert.match(JSON.stringify(post.blocks), new RegExp(`"slack_file":\\{"id":"${file?.id}"`));
  assert.equal(await endOf(stage, sent), "delivered");

  slack.react(channel, post, { user: bob, name: "tada" });
  const reaction = await ana.until((e) => e.type === "m.reaction" && e.room_id === room);
  const about = asBody(reaction.content["m.relates_to"]);
  assert.deepEqual([about["event_id"], about["key"]], [sent, "🎉"]);
  slack.react(channel, post, { user: bob, name: "tada", on: false });
  await ana.until(
    (e) =>
      e.type === "m.room.redaction" && (e.redacts ?? e.content["redacts"]) === reaction.event_id,
  );
  const [first] = channel.posts;
  assert(first);
  const heart = await ana.react(room, shown.event_id, "❤️");
  await slack.until(() => first.reactions.some(({ name }) => name === "heart"));
  await ana.redact(room, heart);
  await slack.until(() => first.reactions.length === 0);

  const leaf = await ana.send(room, {
    msgtype: "m.text",
    body: "what is its name?",
    "m.relates_to": {
      rel_type: "m.thread",
      event_id: shown.event_id,
      is_falling_back: true,
      "m.in_reply_to": { event_id: shown.event_id },
    },
  });
  const said = await slack.until(() => channel.posts.find(({ text }) => /name/.test(text)));
  assert.equal(said.threadTs, first.ts);
  slack.say(bob, channel, "Rex", { thread: first });
  const answer = await ana.untilText(room, "Rex");
  const relation = asBody(answer.content["m.relates_to"]);
  assert.deepEqual([relation["rel_type"], relation["event_id"]], ["m.thread", shown.event_id]);
  await everythingEnded(stage, { events: [sent, leaf] });
});
