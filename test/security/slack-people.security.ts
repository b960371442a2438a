import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";
import { openWorld } from "../faults/open-world.ts";
import type { World } from "../faults/world.ts";
import type { User } from "../networks/slack/index.ts";
import type { Picture } from "../networks/slack/world.ts";
import { until } from "../sandbox/client.ts";
import type { ClientEvent } from "../sandbox/homeserver/index.ts";

const invisible = /[\p{Cc}\p{Cf}\u2028\u2029]/u;

/** What people call themselves, and what must not come of it. */
const names = [
  "Bridgebox",
  "BRIDGEBOX",
  "Bridge\u200bbox",
  "\u202eBridgebox\u202c",
  "@bridgebox:sandbox.test",
  "\u2066@admin:sandbox.test",
  "Ana",
  "erin",
  "\u200b\u200b",
  "a\u0000b\u0007",
  "two\r\nlines\u2028three",
  "<b>bold</b><!channel>",
  "x".repeat(5000),
];

describe("what people of Slack call themselves", () => {
  let world: World;
  before(async () => {
    world = await openWorld({ networks: ["slack"] });
  });
  after(() => world.close());

  const profileOf = (mxid: string) =>
    world.ana.request("GET", `/profile/${encodeURIComponent(mxid)}`);
  const comes = (name: string, more: Partial<User> = {}): User => {
    const { slack } = world.stage;
    const user = slack.addUser(`user${slack.world.users.size}`, { displayName: name, ...more });
    slack.join(world.slackLobby, user);
    return user;
  };
  const says = async (user: User, text: string): Promise<ClientEvent> => {
    world.stage.slack.say(user, world.slackLobby, text);
    return world.stage.homeserver.until((e) => e.content["body"] === text, 10_000);
  };

  for (const [number, name] of names.entries()) {
    const shown = JSON.stringify(name.slice(0, 30));
    test(`${shown} is nobody else`, { timeout: 20_000 }, async () => {
      const event = await says(comes(name), `I am number ${number}`);
      assert.match(event.sender, /^@slack_\S+:sandbox\.test$/, "known by their id");
      const displayname = String((await profileOf(event.sender))["displayname"]);
      assert.doesNotMatch(displayname, invisible);
      assert.notEqual(displayname.trim().toLowerCase(), "bridgebox");
      assert.doesNotMatch(displayname, /^@\S+:\S+$/, "it is no address of somebody's");
      assert.ok(displayname.trim().length > 0 && displayname.length <= 300);
      const { content } = event;
      assert.deepEqual(content["m.mentions"] ?? {}, {}, "nobody is called");
    });
  }

  test("two of one name are two people, also after a change", { timeout: 20_000 }, async () => {
    const [one, two] = [comes("Twin"), comes("Other")];
    const first = await says(one, "the first twin");
    const second = await says(two, "the second twin");
    world.stage.slack.changeUser(two, { displayName: "Twin\u202e" });
    await until("the name is there", async () => {
      const { displayname } = await profileOf(second.sender);
      return displayname === "Twin";
    });
    assert.notEqual(first.sender, second.sender);
    assert.equal((await says(two, "still the second")).sender, second.sender);
  });

  test("a message under another's name is not theirs", { timeout: 20_000 }, async () => {
    const { slack, homeserver } = world.stage;
    const erin = await says(world.erin, "the true one");
    for (const username of [
      "erin",
      "Bridgebox",
      `Bridgebox${"\u200b".repeat(5000)}`,
      "\u202exobegdirB",
      "@admin:sandbox.test",
    ]) {
      const text = `false ${slack.world.ts()}`;
      slack.say(undefined, world.slackLobby, text, { username, botId: "B0FALSEONE" });
      const event = await homeserver.until((e) => String(e.content["body"]).endsWith(text), 10_000);
      assert.notEqual(event.sender, erin.sender);
      assert.notEqual(event.sender, world.botMxid);
      assert.doesNotMatch(JSON.stringify(event.content), invisible);
      const profile = event.content["com.beeper.per_message_profile"] as
        | { readonly displayname?: string }
        | undefined;
      const { displayname } = await profileOf(event.sender);
      for (const name of [profile?.displayname, displayname])
        assert.doesNotMatch(String(name).trim(), /^(?:bridgebox|@\S+:\S+)$/i);
    }
  });
});

describe("pictures from Slack", () => {
  let world: World;
  const asked: string[] = [];
  const other = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.writeHead(200, { "content-type": "image/png" }).end("tracked");
  });
  /** Addresses of what is no picture, or not Slack's. */
  let hostile: readonly string[] = [];
  before(async () => {
    world = await openWorld({ networks: ["slack"] });
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const address = other.address();
    assert(address !== null && typeof address === "object");
    const elsewhere = `http://127.0.0.1:${address.port}/pixel.png`;
    const { slack } = world.stage;
    const give = (name: string, headers: Picture["headers"], status = 200): string => {
      slack.world.pictures.set(`/avatar/${name}`, { status, headers, body: "<script>" });
      return `${slack.url}/avatar/${name}`;
    };
    hostile = [
      elsewhere,
      "http://169.254.169.254/latest/meta-data",
      "https://slack-edge.com.evil.example/x.png",
      "javascript:alert(1)",
      "data:image/svg+xml,<svg/>",
      give("page.png", { "content-type": "text/html" }),
      give("drawing.png", { "content-type": "image/svg+xml" }),
      give("away.png", { location: elsewhere }, 302),
    ];
  });
  after(async () => {
    other.closeAllConnections();
    await new Promise((resolve) => other.close(resolve));
    await world.close();
  });

  const right = (): string => `${world.stage.slack.url}/avatar/right.png`;
  const heard = (text: string): Promise<ClientEvent> =>
    world.stage.homeserver.until((e) => String(e.content["body"]).endsWith(text), 10_000);

  test("of people", { timeout: 40_000 }, async () => {
    const { slack } = world.stage;
    const says = async (image: string, text: string): Promise<string> => {
      const user = slack.addUser(`face${slack.world.users.size}`, { image });
      slack.join(world.slackLobby, user);
      slack.say(user, world.slackLobby, text);
      return (await heard(text)).sender;
    };
    const avatarOf = async (mxid: string): Promise<unknown> =>
      (await world.ana.request("GET", `/profile/${encodeURIComponent(mxid)}`))["avatar_url"];
    const senders: string[] = [];
    for (const [number, image] of hostile.entries())
      senders.push(await says(image, `face ${number}`));
    const shown = await says(right(), "a right face");
    await until("a right picture is there", async () =>
      String(await avatarOf(shown)).startsWith("mxc://"),
    );
    await until("the others are refused", () => {
      const refusals = world.stage.box.log.split("A picture was not shown").length - 1;
      return refusals >= hostile.length;
    });
    for (const sender of senders) assert.equal(await avatarOf(sender), undefined);
    assert.deepEqual(asked, []);
  });

  test("of integrations, for one message", { timeout: 40_000 }, async () => {
    const { slack } = world.stage;
    const says = async (icon: string, text: string): Promise<unknown> => {
      slack.say(undefined, world.slackLobby, text, {
        username: "Build",
        icon,
        botId: "B0BUILDER1",
      });
      return (await heard(text)).content["com.beeper.per_message_profile"];
    };
    for (const [number, icon] of hostile.entries()) {
      const profile = await says(icon, `built ${number}`);
      assert.ok(!JSON.stringify(profile).includes("avatar_url"), icon);
    }
    assert.match(JSON.stringify(await says(right(), "built rightly")), /"avatar_url":"mxc:/);
    assert.deepEqual(asked, []);
  });

  test("of the workspace's own emoji", { timeout: 40_000 }, async () => {
    const { slack } = world.stage;
    for (const [number, url] of hostile.entries()) slack.world.emoji.set(`odd${number}`, url);
    slack.world.emoji.set("right", right());
    const names = [...slack.world.emoji.keys()];
    slack.say(world.erin, world.slackLobby, `${names.map((name) => `:${name}:`).join(" ")} all`);
    const html = JSON.stringify((await heard(" all")).content["formatted_body"]);
    assert.equal(html.split("<img").length - 1, 1, html);
    assert.match(html, /<img[^>]*src=\\"mxc:[^>]*:right:/);
    for (const name of names) assert.ok(html.includes(`:${name}:`), name);
    assert.deepEqual(asked, []);
  });
});
