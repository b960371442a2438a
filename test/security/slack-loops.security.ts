import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openWorld } from "../faults/open-world.ts";
import type { World } from "../faults/world.ts";
import { talkTo } from "../journeys/kit.ts";
import { until } from "../sandbox/client.ts";

describe("what comes back from Slack", () => {
  let world: World;
  before(async () => {
    world = await openWorld({ networks: ["slack"] });
  });
  after(() => world.close());

  const onSlack = (text: string) =>
    world.slackLobby.posts.filter((post) => post.text.endsWith(text));
  const onMatrix = (text: string) =>
    world.timeline().filter(({ content }) => String(content["body"]).endsWith(text));
  const bot = () => world.stage.slackApp.bot;
  const fromMatrix = async (text: string): Promise<string> => {
    const event = await world.ana.send(world.room, text);
    await until(`"${text}" is on Slack`, () => onSlack(text).length > 0);
    return event;
  };
  /** Slack tells of one conversation in order: what it told before this has been dealt with. */
  const fromErin = async (text: string): Promise<void> => {
    world.stage.slack.say(world.erin, world.slackLobby, text);
    await world.ana.untilText(world.room, text);
  };

  test("each message is once on both sides", { timeout: 20_000 }, async () => {
    await fromMatrix("from Matrix");
    await fromErin("from Slack");
    await fromMatrix("after that");
    await fromErin("and after that");
    for (const text of ["from Matrix", "from Slack"]) {
      assert.equal(onSlack(text).length, 1, text);
      assert.equal(onMatrix(text).length, 1, text);
    }
  });

  test("changes and deletions are told once, too", { timeout: 20_000 }, async () => {
    const event = await fromMatrix("to be changed");
    const [post] = onSlack("to be changed");
    assert(post);
    await world.ana.edit(world.room, event, "changed now");
    await until("it is changed", () => post.text === "changed now");
    await world.ana.react(world.room, event, "👍");
    await until("it is liked", () => post.reactions.length === 1);
    await world.ana.redact(world.room, event);
    await until("it is gone", () => !world.slackLobby.posts.includes(post));
    await fromErin("after the change");
    const about = world.timeline().filter((one) => JSON.stringify(one).includes(event));
    assert.ok(about.length >= 3);
    assert.deepEqual(
      about.filter(({ sender }) => sender !== world.ana.userId),
      [],
      "only Ana has said anything of it",
    );
  });

  test(
    "what the bot of our app says elsewhere is not ours twice",
    { timeout: 20_000 },
    async () => {
      const { slack } = world.stage;
      slack.say(bot(), world.slackLobby, "by our own bot");
      await fromErin("after our bot");
      assert.ok(onMatrix("by our own bot").length <= 1);
      assert.equal(onSlack("by our own bot").length, 1);
    },
  );

  test("another app's bot is heard, and makes no loop", { timeout: 20_000 }, async () => {
    const { slack } = world.stage;
    const other = slack.addApp("otherbot");
    slack.join(world.slackLobby, other.bot);
    await fromMatrix("carried twice");
    slack.say(other.bot, world.slackLobby, "Ana: carried twice");
    slack.say(undefined, world.slackLobby, "carried twice", {
      username: "Ana",
      botId: other.bot.botId ?? "",
    });
    slack.say(other.bot, world.slackLobby, "the other bot itself");
    await world.ana.untilText(world.room, "the other bot itself");
    await fromMatrix("after the other bot");
    assert.equal(onSlack("carried twice").length, 3, "ours and its own two");
    assert.equal(onSlack("the other bot itself").length, 1);
    assert.equal(onMatrix("the other bot itself").length, 1);
    const carried = onMatrix("carried twice").filter(({ sender }) => sender === world.ana.userId);
    assert.equal(carried.length, 1, "never as Ana");
  });

  test("who speaks with their own login is once on both sides", { timeout: 40_000 }, async () => {
    const { stage, room, slackLobby } = world;
    const { slack, slackApp } = stage;
    const me = slack.addUser("benno");
    slack.join(slackLobby, me);
    const ben = stage.person("ben");
    await ben.join(room);
    const talk = await talkTo(stage, ben);
    await talk.ask("login slack token");
    await ben.send(talk.room, slack.addToken("user", me, slackApp.app).text);
    await talk.heard(/^Logged in as benno/);
    await stage.box.until((log) =>
      new RegExp(`"login":"slack:T0TEAM001-${me.id}","state":"connected"`).test(log),
    );
    await ben.send(room, "by Ben himself");
    const post = await until("it is on Slack", () => onSlack("by Ben himself")[0]);
    assert.equal(post.user, me);
    slack.say(me, slackLobby, "by Ben on Slack");
    await until("it is on Matrix", () => onMatrix("by Ben on Slack").length > 0);
    await fromErin("after Ben");
    await fromMatrix("after Ben's");
    for (const text of ["by Ben himself", "by Ben on Slack"]) {
      assert.equal(onSlack(text).length, 1, text);
      assert.equal(onMatrix(text).length, 1, text);
    }
  });
});
