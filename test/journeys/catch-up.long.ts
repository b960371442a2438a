import assert from "node:assert/strict";
import { test } from "node:test";
import { openWorld } from "../faults/open-world.ts";
import type { WorldOptions } from "../faults/open-world.ts";
import type { World } from "../faults/world.ts";
import { channel } from "../faults/world.ts";
import { everyCap } from "../networks/irc/index.ts";
import { asBody, until } from "../sandbox/client.ts";

/** More than any of the networks gives in one page. */
const lines = 150;
const texts = Array.from({ length: lines }, (_, at) => `missed ${at}`);

/** What a person does on the network, to messages named by their words. */
interface Person {
  say(text: string): unknown;
  edit?(text: string, now: string): unknown;
  remove?(text: string): unknown;
}

interface Case {
  readonly options: WorldOptions;
  readonly person: (world: World) => Person;
  /** While everybody can still be heard: what makes the network answer by pages. */
  readonly prepare?: (world: World) => unknown;
  /** While the box is away: nothing but the history tells of what was said. */
  readonly forget?: (world: World) => unknown;
  /** What was deleted meanwhile is seen: not where only newer messages are asked for. */
  readonly tellsDeletes?: true;
  /** Also where a person of Matrix had said it. */
  readonly tellsOurs?: true;
}

const one = <T>(found: T | undefined): T => {
  assert(found !== undefined);
  return found;
};

const cases: Readonly<Record<string, Case>> = {
  slack: {
    options: { networks: ["slack"] },
    person: ({ stage: { slack }, erin, slackLobby }) => {
      const named = (text: string) => one(slackLobby.posts.find((post) => post.text === text));
      return {
        say: (text) => slack.say(erin, slackLobby, text),
        edit: (text, now) => slack.edit(slackLobby, named(text), now),
        remove: (text) => slack.remove(slackLobby, named(text)),
      };
    },
    prepare: ({ stage: { slack } }) => (slack.pageSize = 50),
    tellsDeletes: true,
    tellsOurs: true,
  },
  "slack page by page, as if it were twenty thousand messages,": {
    options: { networks: ["slack"] },
    person: ({ stage: { slack }, erin, slackLobby }) => ({
      say: (text) => slack.say(erin, slackLobby, text),
    }),
    // More pages than are read at once: the rest is read back from there.
    prepare: ({ stage: { slack } }) => (slack.pageSize = 1),
  },
  discord: {
    options: { networks: ["discord"] },
    person: ({ stage: { discord }, dan, discordChannel }) => {
      const named = (text: string) =>
        one(discord.posts(discordChannel).find(({ message }) => message.content === text));
      return {
        say: (text) => discord.say(dan, discordChannel, text),
        edit: (text, now) => discord.edit(named(text), now),
        remove: (text) => discord.remove(named(text)),
      };
    },
    forget: ({ stage: { discord } }) => discord.gateway.forget(),
    tellsDeletes: true,
    tellsOurs: true,
  },
  telegram: {
    options: { networks: ["telegram"] },
    person: ({ stage: { telegram }, dora, group }) => {
      const named = (text: string) =>
        one(telegram.messages(group).find((post) => post.text === text));
      return {
        say: (text) => telegram.say(dora, group, text),
        edit: (text, now) => telegram.edit(named(text), now),
        remove: (text) => telegram.remove(named(text)),
      };
    },
    tellsDeletes: true,
  },
  irc: {
    options: { networks: ["irc"], ircCaps: everyCap },
    person: ({ carl }) => ({ say: (text) => carl.command(`PRIVMSG ${channel} :${text}`) }),
  },
};

const bodies = (world: World): readonly string[] =>
  world
    .timeline()
    .filter(({ type, content }) => type === "m.room.message" && !content["m.new_content"])
    .map(({ content }) => String(content["body"]));

const eventOf = (world: World, text: string): Promise<string> =>
  until(
    `${text} is in the room`,
    () => world.timeline().find(({ content }) => content["body"] === text)?.event_id,
  );

for (const [network, { options, person, prepare, forget, tellsDeletes }] of Object.entries(cases))
  test(
    `what ${network} has of a long absence comes once, in order, with what became of older messages`,
    { timeout: 90_000 },
    async () => {
      const world = await openWorld(options);
      try {
        const they = person(world);
        await prepare?.(world);
        for (const text of ["to be changed", "to be deleted", "left as it is"])
          await they.say(text);
        await eventOf(world, "left as it is");
        const [changed, deleted] = [
          await eventOf(world, "to be changed"),
          await eventOf(world, "to be deleted"),
        ];
        await world.calm();
        await world.stage.box.kill();
        // What is told to a connection that has died would come again by itself.
        await until("nobody listens", () => world.stage.slack.feed.sockets === 0);
        await they.edit?.("to be changed", "changed meanwhile");
        await they.remove?.("to be deleted");
        for (const text of texts) await they.say(text);
        await forget?.(world);
        await world.start();
        await until("the last is there", () => bodies(world).includes(texts.at(-1) ?? ""), 30_000);
        await world.inPlace();
        await they.say("and on it goes");
        await eventOf(world, "and on it goes");
        await world.calm();
        assert.deepEqual(
          bodies(world).filter((text) => text.startsWith("missed ")),
          texts,
        );
        assert.equal(world.gaps(), 0, "nothing is missing");
        const edits = world
          .timeline()
          .filter(({ content }) => asBody(content["m.relates_to"])["event_id"] === changed)
          .map(({ content }) => asBody(content["m.new_content"])["body"]);
        const redactions = world
          .timeline()
          .filter(({ content }) => content["redacts"] === deleted).length;
        if (they.edit) assert.deepEqual(edits, ["changed meanwhile"]);
        if (they.remove && tellsDeletes) assert.equal(redactions, 1, "what was deleted is gone");
      } finally {
        await world.close();
      }
    },
  );

for (const [network, { options, person, forget, tellsDeletes, tellsOurs }] of Object.entries(cases))
  if (tellsDeletes)
    test(
      `what became of messages on ${network} in an absence in which nobody spoke is seen`,
      { timeout: 90_000 },
      async () => {
        const world = await openWorld(options);
        try {
          const they = person(world);
          await they.say("the first");
          const first = await eventOf(world, "the first");
          await mayRedact(world);
          const ours = await world.ana.send(world.room, "said on Matrix");
          // It may be in a thread there, which no page of the chat lists.
          await world.ana.send(world.room, {
            msgtype: "m.text",
            body: "answered on Matrix",
            "m.relates_to": { "m.in_reply_to": { event_id: first } },
          });
          await world.calm();
          const heard = ["to be changed", "to be deleted", "left as it is", "the newest"];
          const events = new Map<string, string>();
          for (const text of heard) {
            await they.say(text);
            events.set(text, await eventOf(world, text));
          }
          await world.calm();
          await world.stage.box.kill();
          await until("nobody listens", () => world.stage.slack.feed.sockets === 0);
          await they.edit?.("to be changed", "changed meanwhile");
          const deleted = ["to be deleted", "the newest"];
          for (const text of deleted) await they.remove?.(text);
          if (tellsOurs) await they.remove?.("said on Matrix");
          await forget?.(world);
          await world.start();
          await world.inPlace();
          const gone = deleted.map((text) => one(events.get(text)));
          const wanted = [...gone, ...(tellsOurs ? [ours] : [])].toSorted();
          const redacted = () =>
            world.timeline().flatMap(({ content }) => asText(content["redacts"]));
          await until("what was deleted is gone", () => redacted().length >= wanted.length);
          await until("what was changed is changed", () =>
            world
              .timeline()
              .some(
                ({ content }) =>
                  asBody(content["m.new_content"])["body"] === "changed meanwhile" &&
                  asBody(content["m.relates_to"])["event_id"] === events.get("to be changed"),
              ),
          );
          await world.calm();
          assert.deepEqual(redacted().toSorted(), wanted);
          assert.equal(world.gaps(), 0, "nothing is missing");
        } finally {
          await world.close();
        }
      },
    );

test(
  "what became of answers in threads on slack in an absence is seen",
  { timeout: 60_000 },
  async () => {
    const world = await openWorld({ networks: ["slack"] });
    try {
      const { stage, erin, slackLobby, ana, room } = world;
      const { slack } = stage;
      const answer = (text: string) => slack.say(erin, slackLobby, text, { thread: root });
      const root = slack.say(erin, slackLobby, "the root");
      const began = await eventOf(world, "the root");
      await mayRedact(world);
      const [changed, deleted] = [answer("to be changed"), answer("to be deleted")];
      const events = [await eventOf(world, "to be changed"), await eventOf(world, "to be deleted")];
      const ours = await ana.send(room, {
        msgtype: "m.text",
        body: "answered on Matrix",
        "m.relates_to": { "m.in_reply_to": { event_id: began } },
      });
      const sent = await until("it is in the thread", () =>
        slackLobby.posts.find(({ text }) => text === "answered on Matrix"),
      );
      assert.equal(sent.threadTs, root.ts);
      await world.calm();
      answer("the newest");
      await eventOf(world, "the newest");
      await world.calm();
      await stage.box.kill();
      await until("nobody listens", () => slack.feed.sockets === 0);
      slack.edit(slackLobby, changed, "changed meanwhile");
      for (const post of [deleted, sent]) slack.remove(slackLobby, post);
      await world.start();
      await world.inPlace();
      const wanted = [one(events[1]), ours].toSorted();
      const redacted = () => world.timeline().flatMap(({ content }) => asText(content["redacts"]));
      await until("what was deleted is gone", () => redacted().length >= wanted.length, 20_000);
      const edited = () =>
        world
          .timeline()
          .filter(({ content }) => asBody(content["m.relates_to"])["event_id"] === events[0])
          .map(({ content }) => asBody(content["m.new_content"])["body"]);
      await until("what was changed is changed", () => edited().includes("changed meanwhile"));
      await world.calm();
      assert.deepEqual(redacted().toSorted(), wanted);
      assert.equal(world.gaps(), 0, "nothing is missing");
    } finally {
      await world.close();
    }
  },
);

/** What a person said only they and who has the power can take back. */
const mayRedact = async ({ ana, room, botMxid }: World): Promise<void> => {
  const levels = await ana.state(room, "m.room.power_levels");
  const users = { ...asBody(levels["users"]), [botMxid]: 50 };
  await ana.setState(room, "m.room.power_levels", { ...levels, users });
};

const asText = (value: unknown): readonly string[] => (typeof value === "string" ? [value] : []);

/** Where nothing is left to be read. */
const gone: Readonly<Record<string, Case>> = {
  irc: { ...one(cases["irc"]), forget: ({ stage: { irc } }) => irc.forget() },
  discord: {
    ...one(cases["discord"]),
    forget: ({ stage: { discord }, discordChannel }) => {
      discord.gateway.forget();
      const guild = discord.world.guilds.get(discordChannel.guild_id ?? "");
      discord.deny(one(guild), discordChannel, "readMessageHistory");
    },
  },
};

for (const [network, { options, person, forget }] of Object.entries(gone))
  test(
    `where ${network} has nothing of it any more, the room says so`,
    { timeout: 90_000 },
    async () => {
      const world = await openWorld(options);
      try {
        const they = person(world);
        await they.say("before");
        await eventOf(world, "before");
        await world.calm();
        await world.stage.box.kill();
        for (const text of texts) await they.say(text);
        await forget?.(world);
        await world.start();
        await world.inPlace();
        await they.say("after");
        await eventOf(world, "after");
        const all = bodies(world);
        const between = all.slice(all.indexOf("before") + 1, all.indexOf("after"));
        assert.equal(between.length, 1, between.join("; "));
        assert.match(between[0] ?? "", /may be missing here/);
      } finally {
        await world.close();
      }
    },
  );
