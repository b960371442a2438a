import type { SeenLine } from "../networks/irc/index.ts";
import { boxBot, doraOn } from "../stage/lobby.ts";
import type { Stage } from "../stage/stage.ts";
import { lanes } from "./lanes.ts";
import type { BenchNetwork, Side } from "./lanes.ts";

/** What each lane's chat is called in the config. */
export const chatNames: Readonly<Record<BenchNetwork, (lane: number) => string>> = {
  irc: (lane) => `#lane${lane}`,
  slack: (lane) => `#lane${lane}`,
  telegram: (lane) => `lanenumber${lane}`,
  discord: (lane) => `#lane${lane}`,
};

const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

export const onIrc = async ({ irc }: Pick<Stage, "irc">): Promise<Side> => {
  const carl = await irc.user("carl");
  const chat = chatNames.irc;
  for (let lane = 0; lane < lanes; lane += 1) await carl.join(chat(lane));
  let said = 0;
  return {
    say: async (lane, text) => {
      carl.say(chat(lane), text);
      said += 1;
      if (said % 50 === 0) await nextTurn();
    },
    listen: (heard) => {
      const from = carl.seen.length;
      const lookAt = (line: SeenLine, index: number): boolean => {
        if (index >= from && !over) heard(line.params[1] ?? "", performance.now());
        return over;
      };
      let over = false;
      void carl.until(lookAt, 600_000).catch(() => undefined);
      return () => {
        over = true;
      };
    },
  };
};

export const onTelegram = ({ telegram }: Pick<Stage, "telegram">): Side => {
  const dora = doraOn(telegram);
  const bot = boxBot(telegram);
  const chat = chatNames.telegram;
  const groups = Array.from({ length: lanes }, (_, lane) =>
    telegram.addSupergroup(`Lane ${lane}`, [dora, bot], { username: chat(lane) }),
  );
  return {
    say: async (lane, text) => {
      const group = groups[lane];
      if (group) telegram.say(dora, group, text);
      await nextTurn();
    },
    listen: (heard) => {
      const onMessage = (post: { text: string; from: unknown }): void => {
        if (post.from !== dora) heard(post.text, performance.now());
      };
      telegram.events.on("message", onMessage);
      return () => telegram.events.off("message", onMessage);
    },
  };
};

const onSlack = ({ slack }: Pick<Stage, "slack">): Side => {
  const erin = slack.addUser("erin");
  const channels = Array.from({ length: lanes }, (_, lane) =>
    slack.addChannel(`lane${lane}`, [erin]),
  );
  return {
    say: async (lane, text) => {
      const channel = channels[lane];
      if (channel) slack.say(erin, channel, text);
      await nextTurn();
    },
    listen: (heard) =>
      newest(slack, channels, ({ posts }) =>
        posts.map(({ user, text }) => (user === erin ? undefined : text)),
      )(heard),
  };
};

const onDiscord = ({ discord }: Pick<Stage, "discord">): Side => {
  const dan = discord.addUser({ username: "dan" });
  const guild = discord.addGuild("Bench", [dan]);
  const channels = Array.from({ length: lanes }, (_, lane) =>
    discord.addChannel(guild, { name: `lane${lane}` }),
  );
  return {
    say: async (lane, text) => {
      const channel = channels[lane];
      if (channel) discord.say(dan, channel, text);
      await nextTurn();
    },
    listen: (heard) =>
      newest(discord, channels, (channel) =>
        discord
          .messages(channel)
          .map(({ author, content }) => (author.id === dan.id ? undefined : content)),
      )(heard),
  };
};

/** Tells what comes into any of these chats from now on; `undefined` is what people there said. */
const newest =
  <Chat>(
    server: { until(look: () => boolean, ms: number): Promise<unknown> },
    chats: readonly Chat[],
    textsOf: (chat: Chat) => readonly (string | undefined)[],
  ) =>
  (heard: (text: string, at: number) => void): (() => void) => {
    const seen = chats.map((chat) => textsOf(chat).length);
    let over = false;
    const look = (): boolean => {
      for (const [index, chat] of chats.entries()) {
        const texts = textsOf(chat).slice(seen[index]);
        seen[index] = (seen[index] ?? 0) + texts.length;
        for (const text of texts) if (text !== undefined && !over) heard(text, performance.now());
      }
      return over;
    };
    void server.until(look, 600_000).catch(() => undefined);
    return () => {
      over = true;
    };
  };

/** The people of each network, and what they hear. */
export const sideOn: Readonly<Record<BenchNetwork, (stage: Stage) => Side | Promise<Side>>> = {
  irc: onIrc,
  slack: onSlack,
  telegram: onTelegram,
  discord: onDiscord,
};
