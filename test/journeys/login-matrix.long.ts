import assert from "node:assert/strict";
import { asBody, MatrixUser } from "../sandbox/client.ts";
import type { SeenEvent } from "../sandbox/client.ts";
import type { Stage } from "../stage/stage.ts";
import { changeConfig, endOf, onTelegram, story } from "./kit.ts";
import type { OnTelegram } from "./kit.ts";

const alone = { telegram: true, irc: false } as const;

interface Scene extends OnTelegram {
  readonly ghost: string;
}

/** Somebody is logged in to Telegram, where Bob is too. */
const logIn = async (stage: Stage, ana: MatrixUser): Promise<Scene> => {
  const scene = await onTelegram(stage, ana);
  return { ...scene, ghost: `@telegram_${scene.me.id}:${stage.domain}` };
};

const relation = (event: SeenEvent): Record<string, unknown> =>
  asBody(event.content["m.relates_to"]);
const redacts = (event: SeenEvent): unknown =>
  event.type === "m.room.redaction" ? (event.redacts ?? event.content["redacts"]) : undefined;

/** Gives the bot an access token, as it asks for one; the line with it is gone at once. */
const give = async ({ ana, talk }: Scene, token: string): Promise<void> => {
  const taken = (): number =>
    ana.texts(talk.room).filter((line) => line.startsWith("From now on I show what you do")).length;
  const before = taken();
  assert.match(await talk.ask("login-matrix"), /access token/i);
  const line = await ana.send(talk.room, token);
  await ana.until(() => taken() > before);
  await ana.until((event) => redacts(event) === line);
};

story(
  "a person gives an access token, and what they do with their telephone is theirs in the room",
  alone,
  async (stage) => {
    const { telegram, homeserver } = stage;
    const scene = await logIn(stage, stage.person("ana"));
    const { me, bob, ana, talk, ghost } = scene;
    telegram.say(me, bob, "before");
    const room = await ana.untilInvited((one) => one !== talk.room);
    await ana.join(room);
    assert.equal((await ana.untilText(room, "before")).sender, ghost);
    assert.match(await talk.ask("ping-matrix"), /no access token/);

    const bad = await ana.send(talk.room, "login-matrix syt_nobodys_token");
    await talk.heard(/Nothing was kept: your homeserver does not take that token/);
    await ana.until((event) => redacts(event) === bad);
    const eve = homeserver.addUser("eve");
    await ana.send(talk.room, `login-matrix ${eve.accessToken}`);
    await talk.heard(/Nothing was kept: that token is somebody else's/);

    const session = homeserver.openSession(ana.userId);
    await give(scene, session.accessToken);
    const ping = await talk.ask("ping-matrix");
    assert.ok(ping.includes(`I speak as you, ${ana.userId}`), ping);
    assert.ok(ping.includes(session.deviceId), ping);

    const post = telegram.say(me, bob, "from my telephone");
    const shown = await ana.untilText(room, "from my telephone");
    assert.equal(shown.sender, ana.userId);
    assert.equal(shown.content["fi.mau.double_puppet_source"], "bridgebox");
    telegram.edit(post, "from my new telephone");
    const edit = await ana.until((event) => relation(event)["event_id"] === shown.event_id);
    assert.equal(edit.sender, ana.userId);
    const mark = await ana.send(room, "the end");
    assert.equal(await endOf(stage, mark), "delivered");
    assert.deepEqual(
      telegram.messages(me, bob).map(({ text }) => text),
      ["before", "from my new telephone", "the end"],
      "nothing of it went back",
    );

    await stage.box.stop();
    await stage.box.start();
    telegram.say(me, bob, "after a restart");
    assert.equal((await ana.untilText(room, "after a restart")).sender, ana.userId);

    homeserver.endSession(session.accessToken);
    telegram.say(me, bob, "logged out");
    assert.equal((await ana.untilText(room, "logged out")).sender, ghost);
    assert.match(await talk.heard(/login-matrix is not valid any more/), /M_UNKNOWN_TOKEN/);
    telegram.say(me, bob, "again");
    assert.equal((await ana.untilText(room, "again")).sender, ghost);
    assert.equal(ana.texts(talk.room).filter((line) => /not valid any more/.test(line)).length, 1);

    const second = homeserver.openSession(ana.userId);
    await give(scene, second.accessToken);
    telegram.say(me, bob, "myself again");
    assert.equal((await ana.untilText(room, "myself again")).sender, ana.userId);
    assert.match(await talk.ask("logout-matrix"), /forgotten/);
    telegram.say(me, bob, "without");
    assert.equal((await ana.untilText(room, "without")).sender, ghost);
    for (const { accessToken } of [session, second])
      assert.ok(!stage.box.log.includes(accessToken), "no token is in the log");
  },
);

const far = "far.test";

story(
  "who is of another homeserver speaks there as themselves, and by a ghost while it is away",
  { ...alone, config: { permissions: { "sandbox.test": "user", [far]: "user" } } },
  async (stage) => {
    const { telegram, homeserver } = stage;
    const neighbour = await homeserver.neighbour(far);
    const account = neighbour.addUser("zoe");
    const zoe = new MatrixUser({ url: neighbour.url, ...account });
    const scene = await logIn(stage, zoe);
    const { me, bob, talk, ghost } = scene;
    const { accessToken } = homeserver.openSession(zoe.userId);
    await zoe.send(talk.room, `login-matrix ${accessToken}`);
    assert.match(await talk.heard(/Nothing was kept/), /double_puppet\.servers/);

    changeConfig(stage, (config) => ({
      ...config,
      double_puppet: { servers: { [far]: neighbour.url } },
    }));
    await stage.box.stop();
    await stage.box.start();
    await give(scene, accessToken);
    telegram.say(me, bob, "from far away");
    const shown = await zoe.until(({ content }) => content["body"] === "from far away");
    assert.equal(shown.sender, zoe.userId);
    const room = shown.room_id;
    const mark = await zoe.send(room, "typed far away");
    assert.equal(await endOf(stage, mark), "delivered");
    assert.deepEqual(
      telegram.messages(me, bob).map(({ text }) => text),
      ["from far away", "typed far away"],
      "nothing of it went back",
    );

    await neighbour.stop();
    telegram.say(me, bob, "while it is away");
    const ghostly = await homeserver.until(({ content }) => content["body"] === "while it is away");
    assert.equal(ghostly.sender, ghost);
    await neighbour.start();
    await zoe.untilText(room, "while it is away");
    const again = async (): Promise<string> => {
      const text = `back ${Math.random()}`;
      telegram.say(me, bob, text);
      return (await zoe.untilText(room, text)).sender;
    };
    while ((await again()) !== zoe.userId);
    assert.ok(!stage.box.log.includes(accessToken), "the token is in no log");
  },
);
