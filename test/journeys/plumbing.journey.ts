import assert from "node:assert/strict";
import { until } from "../sandbox/client.ts";
import { boxBot } from "../stage/lobby.ts";
import { everythingEnded, membershipOf, story, talkTo } from "./kit.ts";

const powers = {
  config: {
    permissions: {
      "*": "relay",
      "@ana:sandbox.test": "user",
      "@bob:sandbox.test": "user",
      "@eve:sandbox.test": "relay",
    },
  },
  ircConfig: { channels: ["#ops"] },
} as const;

story("people bridge a room of their own, and unbridge it", powers, async (stage) => {
  const { irc } = stage;
  const carl = await irc.user("carl");
  for (const channel of ["#Plumb", "#more"]) await carl.join(channel);
  await stage.box.start();
  await irc.until((it) => it.lookup("bridgebox") !== undefined, 20_000);
  const [ana, bob, eve] = [stage.person("ana"), stage.person("bob"), stage.person("eve")];
  const bot = `@bridgebox:${stage.domain}`;
  const room = await ana.createRoom({ preset: "public_chat", name: "Ours", invite: [bot] });
  await bob.join(room);
  await eve.join(room);
  await until("the bot comes", async () => (await membershipOf(ana, room, bot)) === "join");
  const answer = async (person: typeof ana, text: string): Promise<string> => {
    const before = ana.texts(room, bot).length;
    await person.send(room, text);
    await ana.until(() => ana.texts(room, bot).length > before);
    return ana.texts(room, bot)[before] ?? "";
  };

  await ana.send(room, "just talking, not to a bot");
  assert.match(await answer(ana, "!bridgebox id"), /is not bridged/);
  assert.match(await answer(bob, "!bridgebox bridge irc #plumb"), /power/);
  assert.match(await answer(eve, "!bridgebox bridge irc #plumb"), /may not/);
  for (const name of ["#a,#b", "plumb", "#a\u0007b", "#a\nQUIT", "0", "#x:y"])
    assert.doesNotMatch(await answer(ana, `!bridgebox bridge irc ${name}`), /is bridged/, name);
  assert.match(await answer(ana, "!bridgebox bridge"), /which chat|which network/i);
  assert.match(await answer(ana, "!bridgebox bridge ircc #plumb"), /Did you mean irc\?/);
  assert.match(await answer(ana, "!bridgebox brigde irc #plumb"), /Did you mean bridge\?/);
  assert.match(await answer(ana, "!bridgebox bridge irc #PLUMB"), /is bridged to irc #plumb/i);
  assert.match(await answer(ana, "!bridgebox id"), /irc #plumb/);
  assert.match(await answer(ana, "!bridgebox"), /I bridge chats/);

  const said = await ana.send(room, "through the pipe");
  await carl.until((line) => line.params.at(-1) === "<ana> through the pipe");
  const guest = await eve.send(room, "guests too");
  await carl.until((line) => line.params.at(-1) === "<eve> guests too");
  carl.say("#plumb", "and back");
  await ana.untilText(room, "and back");
  assert.equal((await ana.state(room, "m.room.name"))["name"], "Ours");
  const second = await bob.createRoom({ preset: "public_chat", invite: [bot] });
  await until("the bot comes", async () => (await membershipOf(bob, second, bot)) === "join");
  await bob.send(second, "!bridgebox bridge irc #pLuMb");
  await bob.until(
    (e) => e.room_id === second && /has a room already/.test(String(e.content["body"])),
  );
  assert.equal(await bob.join(`#irc_#plumb:${stage.domain}`).catch(() => "refused"), room);

  assert.match(await answer(bob, "!bridgebox unbridge"), /power/);
  assert.match(await answer(ana, "!bridgebox unbridge"), /not bridged any more/);
  const ghost = `@irc_carl:${stage.domain}`;
  await until("the ghost leaves", async () => (await membershipOf(ana, room, ghost)) === "leave");
  await irc.until((it) => it.channel("#plumb")?.members.has("bridgebox") === false);
  const count = ana.texts(room, bot).length;
  await ana.send(room, "among ourselves");
  assert.match(await answer(ana, "!bridgebox id"), /is not bridged/);
  assert.equal(ana.texts(room, bot).length, count + 1);
  assert.ok(!carl.seen.some((line) => line.raw.includes("among ourselves")));
  await everythingEnded(stage, { events: [said, guest] });
});

story("the bot says what it can do, and what it cannot", powers, async (stage) => {
  await stage.box.start();
  const [ana, eve] = [stage.person("ana"), stage.person("eve")];
  const talk = await talkTo(stage, ana);
  await stage.irc.until((it) => it.lookup("bridgebox") !== undefined, 20_000);
  const help = await talk.ask("help");
  for (const word of ["login", "logout", "list-logins", "cancel", "bridge", "unbridge", "status"])
    assert.match(help, new RegExp(`^  ${word}`, "m"));
  assert.match(await talk.ask("statsu"), /Did you mean status\?/);
  assert.match(await talk.ask("xyzzy"), /"help"/);
  await until("the relay is on", async () => /bridgebox Connected/.test(await talk.ask("status")));
  assert.match(await talk.ask("cancel"), /nothing to cancel/);
  assert.match(await talk.ask("list-logins"), /not logged in/);
  assert.match(await talk.ask("login irc nick"), /nick/i);
  assert.match(await talk.ask("a b c"), /nick/i);
  assert.match(await talk.ask("cancel"), /cancelled/);
  await talk.ask("login irc nick");
  await talk.ask("anairc");
  assert.match(await talk.ask("ana-account"), /password/i);
  assert.match(await talk.ask("wrong"), /not logged in.*SASL/i);
  assert.match(await talk.ask("list-logins"), /not logged in anywhere/);
  const zoe = await stage.irc.user("zoe");
  await talk.ask("login irc nick");
  await talk.ask("zoe");
  assert.match(await talk.ask("-"), /not logged in.*somebody else is called zoe/i);
  await zoe.quit();
  assert.match(await talk.ask("logout nobody"), /no login of that name/);
  const before = ana.texts(talk.room).length;
  await ana.send(
    talk.room,
    { algorithm: "m.megolm.v1.aes-sha2", ciphertext: "x" },
    "m.room.encrypted",
  );
  await ana.until(() => ana.texts(talk.room).length > before);
  assert.match(ana.texts(talk.room).at(-1) ?? "", /cannot read encrypted/);
  const bot = `@bridgebox:${stage.domain}`;
  const vain = await eve.createRoom({ invite: [bot], is_direct: true });
  await until("the bot refuses a stranger with a reason", async () => {
    const state = await eve.state(vain, "m.room.member", bot);
    return /may not use/.test(String(state["reason"]));
  });
});

story(
  "one room on two networks by config and by command",
  {
    telegram: true,
    rooms: [{ room: "#both:sandbox.test", chats: ["irc #both"] }],
  },
  async (stage) => {
    const { irc, telegram } = stage;
    const dora = telegram.addUser({ phone: "15550001", firstName: "Dora" });
    const chat = telegram.addSupergroup("Both", [dora, boxBot(telegram)], { username: "bothchat" });
    const carl = await irc.user("carl");
    await carl.join("#both");
    const ana = stage.person("ana");
    const room = await ana.createRoom({ preset: "public_chat", room_alias_name: "both" });
    await stage.box.start();
    await stage.box.until((log) => log.includes("is bound"));
    await stage.box.until((log) => /"login":"telegram:[^"]*","state":"connected"/.test(log));
    await ana.send(room, "!bridgebox bridge telegram bothchat");
    await ana.until((e) => /is bridged to telegram/.test(String(e.content["body"])));
    const said = await ana.send(room, "to both");
    await carl.until((line) => line.params.at(-1) === "<ana> to both");
    await telegram.until(() => telegram.messages(chat).some((m) => m.text === "ana: to both"));
    carl.say("#both", "over there");
    await telegram.until(() => telegram.messages(chat).some((m) => m.text === "carl: over there"));
    await everythingEnded(stage, { events: [said], portals: 2 });
    await ana.send(room, "!bridgebox unbridge telegram");
    await ana.until((e) => /not bridged/.test(String(e.content["body"])));
    await ana.send(room, "irc only");
    await carl.until((line) => line.params.at(-1) === "<ana> irc only");
    assert.ok(!telegram.messages(chat).some((m) => m.text.includes("irc only")));
  },
);
