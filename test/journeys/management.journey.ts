import assert from "node:assert/strict";
import { until } from "../sandbox/client.ts";
import type { MatrixUser, SeenEvent } from "../sandbox/client.ts";
import type { Stage } from "../stage/stage.ts";
import { logInToIrc, membershipOf, story, talkTo, onTelegram } from "./kit.ts";

const redacts = (event: SeenEvent, id: string): boolean =>
  event.type === "m.room.redaction" && (event.redacts ?? event.content["redacts"]) === id;

/** The next room that somebody is invited to, entered. */
const nextRoom = async (person: MatrixUser, known: readonly string[]): Promise<string> => {
  const room = await person.untilInvited((one) => !known.includes(one));
  await person.join(room);
  return room;
};

const allLeft = ({ homeserver }: Stage, room: string): Promise<unknown> =>
  until("everybody has left", () => homeserver.room(room).joined.length === 0);

const cleaning = {
  telegram: true,
  irc: false,
  telegramConfig: { cleanup_on_logout: { alone: "delete" } },
} as const;

story(
  "a person makes a group on Telegram, deletes a room, logs in again, and leaves nothing behind",
  cleaning,
  async (stage) => {
    const { telegram } = stage;
    const { bob, ana, talk } = await onTelegram(stage);
    const known = [talk.room];

    assert.match(await talk.ask('create-group telegram "Lunch" @nobodythere'), /^Nothing was made/);
    assert.match(await talk.ask('create-group telegram "Lunch" @bobthe'), /in Lunch on telegram/);
    const lunch = await nextRoom(ana, known);
    known.push(lunch);
    assert.equal((await ana.state(lunch, "m.room.name"))["name"], "Lunch");
    const group = telegram.chatsOf(bob).groups.find(({ title }) => title === "Lunch");
    assert.ok(group);
    await ana.send(lunch, "pizza?");
    await telegram.until(() => telegram.messages(group).some(({ text }) => text === "pizza?"));
    telegram.say(bob, group, "yes");
    await ana.untilText(lunch, "yes");

    await ana.send(lunch, "!telegram delete-portal");
    await allLeft(stage, lunch);
    telegram.say(bob, group, "still hungry");
    const again = await nextRoom(ana, known);
    known.push(again);
    await ana.untilText(again, "still hungry");

    const relogin = await talk.ask("relogin telegram phone");
    assert.match(relogin, /phone/i);
    assert.match(await talk.ask("+15550009"), /code/i);
    const code = await ana.send(talk.room, telegram.code("15550009"));
    await ana.until((event) => redacts(event, code));
    await ana.until(() => {
      const lines = ana.texts(talk.room, `@bridgebox:${stage.domain}`);
      return lines.filter((line) => line.startsWith("Logged in as Ana")).length === 2;
    });
    await until("it is connected", async () => /Connected/.test(await talk.ask("list-logins")));
    telegram.say(bob, group, "after all that");
    await ana.untilText(again, "after all that");

    assert.match(await talk.ask("logout telegram"), /logged out.*clean up 1 of its rooms/);
    await allLeft(stage, again);
    assert.match(await talk.ask("list-logins"), /not logged in/);
  },
);

const shared = {
  config: { permissions: { "*": "relay", "sandbox.test": "user", "@root:sandbox.test": "admin" } },
  ircConfig: { cleanup_on_logout: { alone: "leave", shared: "kick" } },
} as const;

story(
  "who logs out is put out of shared rooms only; an admin acts for others, and the log has it",
  shared,
  async (stage) => {
    const { irc, box, homeserver, domain } = stage;
    const carl = await irc.user("Carl");
    await carl.join("#both");
    await box.start();
    await irc.until(() => irc.lookup("bridgebox") !== undefined, 20_000);
    const [ana, bob, root] = [stage.person("ana"), stage.person("bob"), stage.person("root")];
    const annas = await logInToIrc(stage, ana, "anna");
    const bobs = await logInToIrc(stage, bob, "bobby");
    for (const [person, talk] of [
      [ana, annas],
      [bob, bobs],
    ] as const) {
      assert.match(await talk.ask('!irc create-group "#both"'), /in #both on irc/);
      await nextRoom(person, [talk.room]);
    }
    const [both] = homeserver
      .rooms()
      .filter((id) => homeserver.room(id).aliases.includes(`#irc_#both:${domain}`));
    assert.ok(both);
    await ana.send(both, "hello from anna");
    await carl.until(({ params }) => params.at(-1) === "hello from anna");
    assert.match(await annas.ask("create-group irc Carl"), /IRC has no groups without a name/);

    const office = await talkTo(stage, root);
    assert.match(await office.ask(`sudo ${bob.userId} list-logins`), /irc:bobby/);
    assert.match(await office.ask(`doin ${both} id`), /irc #both/);
    assert.match(await annas.ask(`sudo ${bob.userId} list-logins`), /You may not use sudo/);
    await box.until((log) => log.includes("An admin acts for somebody"));
    assert.match(await office.ask(`sudo ${ana.userId} logout irc:anna`), /anna is logged out/);

    await until("she is out", async () => {
      const membership = await membershipOf(bob, both, ana.userId);
      return membership === "leave";
    });
    assert.equal(await membershipOf(bob, both, bob.userId), "join");
    carl.say("#both", "one less");
    await bob.untilText(both, "one less");
  },
);

story(
  "a secret that nobody asked for does not stay in the room",
  { slack: true, irc: false },
  async (stage) => {
    const { slack, slackApp, box } = stage;
    const me = slack.addUser("anna");
    const bob = slack.addUser("bob");
    const token = slack.addToken("user", me, slackApp.app);
    const ana = stage.person("ana");
    await box.start();
    const talk = await talkTo(stage, ana);
    for (const line of [`login slack token ${token.text}`, token.text]) {
      const before = ana.texts(talk.room).length;
      const said = await ana.send(talk.room, line);
      await ana.until((event) => redacts(event, said));
      await ana.until(() => ana.texts(talk.room).length > before + 1);
    }
    assert.ok(!box.log.includes(token.text));
    assert.match(await talk.ask("login slack token"), /token/i);
    await ana.send(talk.room, token.text);
    await talk.heard(/^Logged in as anna/);
    assert.match(await talk.ask("list-logins"), /slack:/);
    assert.match(await talk.ask(`create-group slack "Just us" ${bob.id}`), /in Just us on slack/);
    const room = await nextRoom(ana, [talk.room]);
    await ana.send(room, "hi bob");
    const channel = [...slack.world.channels.values()].find(({ name }) => name === "just-us");
    assert.equal(channel?.kind, "private");
    await slack.until(() => channel?.posts.some(({ text }) => text === "hi bob"));
  },
);

story(
  "a person logs in to Telegram by a QR code that is shown as a picture",
  { telegram: true, irc: false },
  async (stage) => {
    const { telegram, box } = stage;
    const me = telegram.addUser({ phone: "15550009", firstName: "Ana" });
    const ana = stage.person("ana");
    await box.start();
    const talk = await talkTo(stage, ana);
    await ana.send(talk.room, "login telegram qr");
    const shown = await ana.until(
      (event) => event.room_id === talk.room && event.content["msgtype"] === "m.image",
    );
    const picture = await ana.download(String(shown.content["url"]));
    assert.equal(picture.toString("latin1", 1, 4), "PNG");
    telegram.people.scan(me, String(shown.content["body"]));
    await talk.heard(/^Logged in as Ana/);
    await ana.until((event) => redacts(event, shown.event_id));
  },
);
