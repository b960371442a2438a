import assert from "node:assert/strict";
import type { IrcPerson, SeenLine } from "../networks/irc/index.ts";
import { asBody, until } from "../sandbox/client.ts";
import type { SeenEvent } from "../sandbox/client.ts";
import { boxBot, doraOn } from "./lobby.ts";
import type { Stage } from "./stage.ts";

/** A stage whose config binds one room to a chat of each network. */
export const everywhere = {
  slack: true,
  telegram: true,
  discord: true,
  rooms: [
    {
      room: "#lobby:sandbox.test",
      chats: ["irc #lobby", "slack #lobby", "discord #lobby", "telegram thelobby"],
    },
  ],
} as const;

export const portals = 4;

/** IRC's formatting. */
export const [bold, italic, plain] = ["\x02", "\x1d", "\x0f"] as const;

/** One room on five sides: Ana on Matrix, Carl on IRC, Sam on Slack, Eve on Discord, Dora on Telegram. */
export const gather = async (stage: Stage) => {
  const { irc, slack, discord, telegram, box } = stage;
  const carl = await irc.user("carl");
  await carl.join("#lobby");
  const sam = slack.addUser("sam", { displayName: "Sam" });
  const onSlack = slack.addChannel("lobby", [sam]);
  const eve = discord.addUser({ username: "eve", global_name: "Eve" });
  const guild = discord.addGuild("Club", [discord.addUser({ username: "owner" }), eve]);
  const onDiscord = discord.addChannel(guild, { name: "lobby" });
  const dora = doraOn(telegram);
  const bot = boxBot(telegram);
  const onTelegram = telegram.addSupergroup("The lobby", [dora, bot], {
    username: "thelobby",
    admins: [bot],
  });
  const ana = stage.person("ana");
  await ana.setDisplayname("Ana");
  const room = await ana.createRoom({ preset: "public_chat", room_alias_name: "lobby" });
  await box.start({ BRIDGEBOX_APPSERVICE__PUBLIC_ADDRESS: stage.boxUrl });
  await box.until((log) => log.split("is bound").length === portals + 1);
  return {
    carl,
    ana,
    room,
    slack: { person: sam, channel: onSlack },
    discord: { person: eve, channel: onDiscord },
    telegram: { person: dora, chat: onTelegram },
  };
};

export type Gathered = Awaited<ReturnType<typeof gather>>;

/** Words that are all different, so that a piece that is lost or comes twice is seen. */
export const wordsOf = (mark: string, count: number): string =>
  Array.from({ length: count }, (_, at) => `${mark}${at}`).join(" ");

/** What Carl was told by somebody, word by word, without their name before each line. */
export const toldTo = (carl: IrcPerson, name: string, mark: string): string =>
  carl.seen
    .flatMap(({ params }) => {
      const line = params.at(-1) ?? "";
      const fits = new RegExp(`\\b${mark}\\d`).test(line) && line.startsWith(`<${name}> `);
      return fits ? [line.slice(name.length + 3).replaceAll(/\p{Cc}/gu, "")] : [];
    })
    .join(" ");

/** All of it, in lines that IRC takes, each of which says whose it is. */
export const whole = async (
  carl: IrcPerson,
  { name, text, mark }: { readonly name: string; readonly text: string; readonly mark: string },
): Promise<void> => {
  await until(`${mark} is whole on IRC`, () =>
    toldTo(carl, name, mark).endsWith(text.split(" ").at(-1) ?? ""),
  );
  assert.equal(toldTo(carl, name, mark), text);
  for (const { raw } of carl.seen) assert.ok(Buffer.byteLength(raw) <= 510, raw);
};

/** A line that Carl is shown, old or to come. */
export const line = (carl: IrcPerson, fits: RegExp): Promise<SeenLine> =>
  carl.until(({ params }) => fits.test(params.at(-1) ?? ""));

/** What stands there now and fits. */
export const postsOn = (stage: Stage, { slack, discord, telegram }: Gathered) => ({
  slack: (fits: RegExp) => slack.channel.posts.filter(({ text }) => fits.test(text)),
  discord: (fits: RegExp) =>
    stage.discord.posts(discord.channel).filter(({ message }) => fits.test(message.content)),
  telegram: (fits: RegExp) =>
    stage.telegram.messages(telegram.chat).filter(({ text }) => fits.test(text)),
});

/** The one message that fits; the wait ends when there is any. */
export const single = async <T>(what: string, look: () => readonly T[]): Promise<T> => {
  const [found, ...more] = await until(what, () => {
    const all = look();
    return all.length > 0 && all;
  });
  assert.ok(found);
  assert.deepEqual(more, [], `${what} is one`);
  return found;
};

/** The event that an event answers. */
export const replyTo = (event: SeenEvent): unknown =>
  asBody(asBody(event.content["m.relates_to"])["m.in_reply_to"])["event_id"];
