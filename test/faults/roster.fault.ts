import assert from "node:assert/strict";
import { test } from "node:test";
import { asBody, until } from "../sandbox/client.ts";
import type { IrcPerson } from "../networks/irc/index.ts";
import type { ClientEvent, RequestRecord } from "../sandbox/homeserver/index.ts";
import { changeConfig } from "../journeys/kit.ts";
import { boxBot } from "../stage/lobby.ts";
import { openStage } from "../stage/stage.ts";
import type { Stage } from "../stage/stage.ts";
import { itemsToDo } from "./store-look.ts";
import { readStatus } from "./status.ts";
import type { NetworkSide } from "./world.ts";

/** Members let in or out in a second. */
const pace = 200;

/** A chat with many in it, who say something when they are asked to. */
interface Crowd {
  readonly size: number;
  say(member: number, text: string): unknown;
}

interface Side {
  /** How the config names the chat. */
  readonly chat: string;
  readonly gather: (stage: Stage, count: number) => Promise<Crowd> | Crowd;
}

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at);

const one = <T>(all: readonly T[], at: number): T => {
  const found = all[at];
  assert.ok(found);
  return found;
};

const sides: Readonly<Record<NetworkSide, Side>> = {
  irc: {
    chat: "irc #lobby",
    gather: async ({ irc }, count) => {
      const people: IrcPerson[] = [];
      for (const at of upTo(count)) {
        const person = await irc.user(`n${at}`);
        await person.join("#lobby");
        people.push(person);
      }
      return { size: count, say: (at, text) => one(people, at).say("#lobby", text) };
    },
  },
  slack: {
    chat: "slack #lobby",
    gather: ({ slack, slackApp }, count) => {
      const people = upTo(count).map((at) => slack.addUser(`n${at}`));
      const lobby = slack.addChannel("lobby", [...people, slackApp.bot]);
      return { size: count, say: (at, text) => slack.say(one(people, at), lobby, text) };
    },
  },
  discord: {
    chat: "discord #lobby",
    gather: ({ discord }, count) => {
      const people = upTo(count).map((at) => discord.addUser({ username: `n${at}` }));
      const guild = discord.addGuild("Crowd", [one(people, 0), ...people.slice(1)]);
      const lobby = discord.addChannel(guild, { name: "lobby" });
      return { size: count, say: (at, text) => discord.say(one(people, at), lobby, text) };
    },
  },
  telegram: {
    chat: "telegram thelobby",
    gather: (stage, count) => {
      const { telegram } = stage;
      const people = upTo(count).map((at) =>
        telegram.addUser({ phone: `1666${10_000 + at}`, firstName: `n${at}` }),
      );
      const bot = boxBot(telegram);
      const options = { username: "thelobby", admins: [bot] };
      const group = telegram.addSupergroup("The lobby", [...people, bot], options);
      return { size: count, say: (at, text) => telegram.say(one(people, at), group, text) };
    },
  },
};

/** What changes something on the homeserver. */
const isWrite = ({ method, path }: RequestRecord): boolean =>
  method !== "GET" && !path.endsWith("/ping");
const isEntry = ({ method, path }: RequestRecord): boolean =>
  method === "POST" && /\/(?:join|invite)(?:\/|$)/.test(path);

/** Those of a network who came into the room, as often as they came. */
const entries = (stage: Stage, network: string, room: string): readonly string[] =>
  stage.homeserver.room(room).timeline.flatMap((event) => {
    const { type, state_key: who, content, unsigned } = event;
    if (type !== "m.room.member" || who?.startsWith(`@${network}_`) !== true) return [];
    const before = asBody(asBody(unsigned)["prev_content"])["membership"];
    return content["membership"] === "join" && before !== "join" ? [who] : [];
  });

/** The most of these requests that came within a second. */
const busiest = (requests: readonly RequestRecord[]): number => {
  const times = requests.map(({ at }) => at).toSorted((a, b) => a - b);
  return Math.max(
    0,
    ...times.map((from) => times.filter((at) => at >= from && at < from + 1000).length),
  );
};

const settled = (stage: Stage): Promise<boolean> =>
  until(
    "everything is calm",
    async () => {
      const status = await readStatus(stage).catch(() => undefined);
      const logins = status?.networks.flatMap((network) => network.logins) ?? [];
      if (logins.length === 0 || logins.some(({ state }) => state !== "connected")) return false;
      return stage.homeserver.outbox().waiting === 0 && (await itemsToDo(stage)) === 0;
    },
    60_000,
  );

const story = (network: NetworkSide, count: number): void => {
  void test(
    `${count} members on ${network}: lazily one join for each who speaks; all of them at a pace, over a kill, overtaken by messages`,
    { timeout: 180_000 },
    async () => {
      const { chat, gather } = sides[network];
      const stage = await openStage({
        irc: network === "irc",
        [network]: true,
        rooms: [{ room: "#lobby:sandbox.test", chats: [chat] }],
        config: { limits: { roster: pace } },
      });
      const { box, homeserver } = stage;
      try {
        const crowd = await gather(stage, count);
        const ana = stage.person("ana");
        const room = await ana.createRoom({ preset: "public_chat", room_alias_name: "lobby" });
        await box.start();
        await box.until((log) => log.includes("is bound"));
        await settled(stage);
        const shown = (text: string): Promise<ClientEvent> =>
          homeserver.until((event) => event.content["body"] === text, 60_000);
        const inside = (): number => entries(stage, network, room).length;

        homeserver.clearRequests();
        const speakers = [1, 50, 99];
        for (const at of [...speakers, 1]) {
          crowd.say(at, `${at} speaks`);
          await shown(`${at} speaks`);
        }
        await settled(stage);
        const entered = homeserver.requests.filter(isEntry);
        assert.equal(entered.length, speakers.length, "one join for each");
        assert.equal(inside(), speakers.length);
        const inRoom = homeserver.requests.filter(
          (request) => isWrite(request) && request.path.includes("/rooms/"),
        );
        const told = inRoom.filter(({ path }) => !/\/(?:receipt|typing)\//.test(path));
        assert.deepEqual(
          told.filter(({ path }) => !path.includes("/send/")).map(({ path }) => path),
          [],
          "beside the messages nothing is written into the room",
        );

        await box.stop();
        changeConfig(stage, (config) => ({
          ...config,
          networks: {
            ...asBody(config["networks"]),
            [network]: { ...asBody(asBody(config["networks"])[network]), members: "full" },
          },
        }));
        homeserver.clearRequests();
        await box.start();
        await until("some have come", () => inside() > speakers.length + 10, 30_000);
        await box.kill();
        const killedAt = inside();
        assert.ok(killedAt < count, "killed on the way");
        await box.start();
        await until("more come", () => inside() > killedAt, 30_000);
        crowd.say(count - 1, "who is the last?");
        await shown("who is the last?");
        const overtaken = count - inside();
        await until("all are there", () => inside() >= count, 120_000);
        await settled(stage);
        const all = entries(stage, network, room);
        assert.deepEqual([all.length, new Set(all).size], [count, count], "everybody came once");
        assert.ok(overtaken > 0, "who speaks is heard before the others came");
        const joins = homeserver.requests.filter(isEntry);
        assert.ok(busiest(joins) <= 2 * pace + 5, `${busiest(joins)} within a second`);

        await box.stop();
        homeserver.clearRequests();
        await box.start();
        await settled(stage);
        await until("the homeserver was asked for a ping", () =>
          homeserver.requests.some(({ path }) => path.endsWith("/ping")),
        );
        await settled(stage);
        assert.deepEqual(homeserver.requests.filter(isWrite), [], "a restart writes nothing");
      } catch (error) {
        const lines = box.log.split("\n").filter((line) => /"level":"(?:warn|error)"/.test(line));
        throw new Error(`${String(error)}\n${lines.slice(-20).join("\n")}`, { cause: error });
      } finally {
        await stage.close();
      }
    },
  );
};

story("slack", 1000);
story("discord", 200);
story("telegram", 200);
story("irc", 200);
