import assert from "node:assert/strict";
import { asBody, until } from "../sandbox/client.ts";
import { samplePicture } from "../sandbox/places/sample-picture.ts";
import type { Gathered } from "../stage/everywhere.ts";
import {
  everywhere,
  gather,
  line,
  postsOn,
  replyTo,
  single,
  toldTo,
  whole,
  wordsOf,
} from "../stage/everywhere.ts";
import type { Stage } from "../stage/stage.ts";
import { story } from "./kit.ts";

type Rich = "slack" | "discord" | "telegram";

interface Said {
  edit(text: string): void;
}

type Picture = ReturnType<typeof samplePicture>;

/** Somebody on a rich network, and what they do about what stands there. */
interface Speaker {
  readonly name: string;
  readonly says: (text: string, picture?: Picture) => Said;
  readonly answers: (about: RegExp, text: string) => void;
  readonly reacts: (about: RegExp) => void;
}

const speakers = (stage: Stage, gathered: Gathered): Readonly<Record<Rich, Speaker>> => {
  const on = postsOn(stage, gathered);
  const first = <T>([one]: readonly T[]): T => {
    assert.ok(one);
    return one;
  };
  const { slack, discord, telegram } = gathered;
  return {
    slack: {
      name: "Sam",
      says(text, picture) {
        const { person, channel } = slack;
        const files = picture === undefined ? [] : [slackFile(stage, gathered, picture)];
        const post = stage.slack.say(person, channel, text, { files });
        return { edit: (now) => stage.slack.edit(channel, post, now) };
      },
      answers: (about, text) =>
        void stage.slack.say(slack.person, slack.channel, text, { thread: first(on.slack(about)) }),
      reacts: (about) =>
        stage.slack.react(slack.channel, first(on.slack(about)), {
          user: slack.person,
          name: "tada",
        }),
    },
    discord: {
      name: "Eve",
      says(text, picture) {
        const { person, channel } = discord;
        const file = picture && {
          key: "files[0]",
          name: picture.name,
          type: picture.type,
          data: Buffer.from(picture.bytes),
        };
        const post = stage.discord.say(person, channel, text, { files: file ? [file] : [] });
        return { edit: (now) => stage.discord.edit(post, now) };
      },
      answers: (about, text) =>
        void stage.discord.reply(discord.person, first(on.discord(about)), text),
      reacts: (about) => stage.discord.world.react(first(on.discord(about)), discord.person, "🎉"),
    },
    telegram: {
      name: "Dora",
      says(text, picture) {
        const { person, chat } = telegram;
        const media = picture && stage.telegram.studio.photo(Buffer.from(picture.bytes));
        const post = stage.telegram.say(person, chat, text, media ? { media } : {});
        return { edit: (now) => stage.telegram.edit(post, now) };
      },
      answers: (about, text) =>
        void stage.telegram.say(telegram.person, telegram.chat, text, {
          replyTo: first(on.telegram(about)),
        }),
      reacts: (about) =>
        stage.telegram.people.react(first(on.telegram(about)), telegram.person, "🎉"),
    },
  };
};

const slackFile = (stage: Stage, { slack }: Gathered, picture: Picture) => {
  const { name, type: mime, bytes, width, height } = picture;
  return stage.slack.addFile(slack.person, name, bytes, { mime, width, height });
};

/** What each network has of a message that was said elsewhere. */
const copies = (stage: Stage, gathered: Gathered) => {
  const on = postsOn(stage, gathered);
  const texts = {
    slack: (fits: RegExp) => on.slack(fits).map(({ text }) => text),
    discord: (fits: RegExp) => on.discord(fits).map(({ message }) => message.content),
    telegram: (fits: RegExp) => on.telegram(fits).map(({ text }) => text),
  };
  const pictured = {
    slack: ({ bytes }: Picture) =>
      [...stage.slack.world.files.values()].some((file) => same(file.bytes, bytes)),
    discord: ({ bytes }: Picture) =>
      stage.discord
        .posts(gathered.discord.channel)
        .some((post) => same(stage.discord.filesOf(post)[0]?.data, bytes)),
    telegram: ({ bytes }: Picture) =>
      stage.telegram.messages(gathered.telegram.chat).some(({ media }) => {
        if (media?.kind !== "photo") return false;
        const { file } = media;
        return same(stage.telegram.files.read(file, 0, file.size), bytes);
      }),
  };
  const answered = {
    slack: (fits: RegExp, about: RegExp) => on.slack(fits)[0]?.threadTs === on.slack(about)[0]?.ts,
    discord: (fits: RegExp, about: RegExp) =>
      on.discord(fits)[0]?.message.content.includes(on.discord(about)[0]?.message.id ?? "-"),
    telegram: (fits: RegExp, about: RegExp) =>
      on.telegram(fits)[0]?.replyTo === on.telegram(about)[0],
  };
  const reacted = {
    slack: (about: RegExp) => on.slack(about)[0]?.reactions.some(({ name }) => name === "tada"),
    discord: (about: RegExp) => (on.discord(about)[0]?.reactions.get("🎉")?.size ?? 0) > 0,
    telegram: (about: RegExp) => (on.telegram(about)[0]?.reactions.size ?? 0) > 0,
  };
  return { texts, pictured, answered, reacted };
};

const same = (some: Uint8Array | undefined, bytes: Uint8Array): boolean =>
  some !== undefined && Buffer.from(some).equals(Buffer.from(bytes));

const networks = ["slack", "discord", "telegram"] as const;
/** What is said there at once: within Discord's 2,000, or beyond it. */
const lengths: Readonly<Record<Rich, number>> = { slack: 700, discord: 380, telegram: 700 };

for (const from of networks) {
  const others = networks.filter((one) => one !== from);
  story(
    `limits of the poorest network never cut the others: what is said on ${from}`,
    everywhere,
    async (stage) => {
      const gathered = await gather(stage);
      const { ana, room, carl } = gathered;
      const speaker = speakers(stage, gathered)[from];
      const { name } = speaker;
      const { texts, pictured, answered, reacted } = copies(stage, gathered);
      const wholeOn = async (to: Rich, mark: string, text: string): Promise<void> => {
        const last = new RegExp(`${text.split(" ").at(-1)}$`);
        await until(`${mark} is on ${to}`, () => texts[to](last).length > 0);
        const pieces = texts[to](new RegExp(`\\b${mark}\\d+\\b`));
        assert.equal(pieces.length, to === "discord" && text.length > 2_000 ? 2 : 1, to);
        if (pieces.length === 1) assert.ok(pieces[0]?.endsWith(text), pieces[0]);
      };

      const first = wordsOf("a", lengths[from]);
      const said = speaker.says(first);
      await ana.untilText(room, first);
      for (const to of others) await wholeOn(to, "a", first);
      await whole(carl, { name, text: first, mark: "a" });

      const second = wordsOf("b", lengths[from]);
      said.edit(second);
      await ana.until((one) => asBody(one.content["m.new_content"])["body"] === second);
      for (const to of others) {
        await wholeOn(to, "b", second);
        assert.deepEqual(texts[to](/\ba\d/), [], `${to} has an edit, not a second message`);
      }
      await until("the end on IRC", () => toldTo(carl, name, "b").endsWith(second.slice(-4)));
      assert.equal(toldTo(carl, name, "b"), `(edited) ${second}`);

      const picture = samplePicture();
      const caption = wordsOf("p", 180);
      speaker.says(caption, picture);
      const image = await ana.until((one) => one.content["msgtype"] === "m.image");
      assert.equal(image.content["body"], caption);
      for (const to of others) {
        await wholeOn(to, "p", caption);
        await until(`the picture is on ${to}`, () => pictured[to](picture));
      }
      await whole(carl, { name, text: caption, mark: "p" });
      const link = await line(carl, new RegExp(`^<${name}> .*https?://\\S+`));
      const [address = ""] = /https?:\/\/\S+/.exec(link.params.at(-1) ?? "") ?? [];
      const file = await fetch(address);
      assert.ok(same(Buffer.from(await file.arrayBuffer()), picture.bytes));

      carl.say("#lobby", "who wants tea?");
      const question = await ana.untilText(room, "who wants tea?");
      for (const to of networks) await single(to, () => texts[to](/tea\?$/));
      speaker.answers(/tea\?$/, "me please");
      assert.equal(replyTo(await ana.untilText(room, "me please")), question.event_id);
      await line(carl, new RegExp(`^<${name}> carl: "who wants tea\\?" me please$`));
      for (const to of others) {
        await single(to, () => texts[to](/me please$/));
        assert.ok(answered[to](/me please$/, /tea\?$/), `${to} has an answer`);
      }
      speaker.reacts(/tea\?$/);
      await ana.until(
        ({ type, content }) =>
          type === "m.reaction" && asBody(content["m.relates_to"])["key"] === "🎉",
      );
      await line(carl, new RegExp(`^<${name}> reacted with 🎉 to carl: "who wants tea\\?"$`));
      for (const to of others) await until(`🎉 on ${to}`, () => reacted[to](/tea\?$/));
    },
  );
}
