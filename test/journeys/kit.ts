import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { dump, load } from "js-yaml";
import type { Account } from "../networks/telegram/index.ts";
import { asBody, call, listOf, until } from "../sandbox/client.ts";
import type { Body, MatrixUser, SeenEvent } from "../sandbox/client.ts";
import { openStage } from "../stage/stage.ts";
import type { Stage, StageOptions } from "../stage/stage.ts";

/** One story on a stage of its own; a failure brings what the box complained about. */
export const story = (
  name: string,
  options: StageOptions,
  tell: (stage: Stage) => Promise<void>,
): void => {
  void test(name, { timeout: 90_000 }, async () => {
    const stage = await openStage(options);
    try {
      await tell(stage);
    } catch (error) {
      throw new Error(`${String(error)}\n${complaints(stage)}`, { cause: error });
    } finally {
      await stage.close();
    }
  });
};

const complaints = (stage: Stage): string => {
  const lines = stage.box.log.split("\n");
  return lines.filter((line) => /"level":"(?:warn|error)"|waits for another/.test(line)).join("\n");
};

/** Rewrites the stage's config; a box takes it at its start, or at a SIGHUP. */
export const changeConfig = (
  stage: Stage,
  change: (config: Record<string, unknown>) => object,
): void => {
  const file = join(stage.dir, "config.yaml");
  writeFileSync(file, dump(change({ ...asBody(load(readFileSync(file, "utf8"))) })));
};

/** Tells the running box to read its config again; resolves when its log has the answer. */
export const hangUp = async ({ box }: Stage, answer: RegExp): Promise<void> => {
  assert.ok(box.pid);
  const before = box.log.length;
  process.kill(box.pid, "SIGHUP");
  await box.until((log) => answer.test(log.slice(before)));
};

/** A box whose status API can be asked. */
type Asked = Pick<Stage, "boxUrl" | "statusToken">;

/** The state of each login, as the status API tells. */
const loginStates = async (stage: Asked): Promise<readonly unknown[]> => {
  const at = { url: stage.boxUrl, token: stage.statusToken };
  const { body } = await call(at, "GET", "/_bridgebox/v1/status");
  const logins = listOf(body, "networks").flatMap((network) => listOf(network, "logins"));
  return logins.map(({ state }) => state);
};

/** Resolves when the box has at least so many logins, and all are connected. */
export const everyLoginConnected = (stage: Asked, least: number): Promise<unknown> =>
  until(`${least} logins are connected`, async () => {
    const states = await loginStates(stage);
    return states.length >= least && states.every((state) => state === "connected");
  });

/** The box knows that a login has no connection. */
export const someLoginIsCut = async (stage: Asked): Promise<boolean> =>
  (await loginStates(stage)).some((state) => state !== "connected");

/** What became of events, as the status API tells: newest first. */
export const outcomesOf = async (stage: Asked): Promise<readonly Body[]> => {
  const at = { url: stage.boxUrl, token: stage.statusToken };
  const reply = await call(at, "GET", "/_bridgebox/v1/outcomes?limit=1000");
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  return listOf(reply.body, "outcomes");
};

/** The final outcomes of one Matrix event, one for each portal it went to. */
export const outcomesFor = async (stage: Asked, event: string): Promise<readonly Body[]> =>
  (await outcomesOf(stage)).filter((one) => one["origin"] === event);

/** Resolves once the event has ended, and gives how: a word per portal, sorted. */
export const endOf = async (stage: Asked, event: string): Promise<string> =>
  until(`an outcome of ${event}`, async () => {
    const found = await outcomesFor(stage, event);
    const states = found.map((one) => String(one["state"]));
    return states.length > 0 && !states.includes("retrying") && states.toSorted().join(" ");
  });

/** Everything that these people said in rooms ended in exactly one outcome per portal. */
export const everythingEnded = async (
  stage: Stage,
  { events, portals = 1 }: { events: readonly string[]; portals?: number },
): Promise<void> => {
  for (const event of events) {
    await endOf(stage, event);
    const found = await outcomesFor(stage, event);
    const keys = new Set(found.map((one) => String(one["portal"])));
    assert.equal(found.length, portals, `${event} has ${JSON.stringify(found)}`);
    assert.equal(keys.size, portals);
  }
};

/** What a person does with the bot in a room of the two. */
export interface Talk {
  readonly room: string;
  /** Says it and gives the bot's next line. */
  ask(text: string): Promise<string>;
  /** The first line of the bot that fits, old or to come. */
  heard(fits: RegExp): Promise<string>;
  /** Resolves once so many lines of the bot fit. */
  heardTimes(fits: RegExp, times: number): Promise<unknown>;
}

/** A person's own room with the bot, with the bot in it. */
export const talkTo = async (stage: Pick<Stage, "domain">, person: MatrixUser): Promise<Talk> => {
  const bot = `@bridgebox:${stage.domain}`;
  const room = await person.createRoom({
    preset: "trusted_private_chat",
    invite: [bot],
    is_direct: true,
  });
  const lines = (): string[] => person.texts(room, bot);
  await person.until(() => lines().some((line) => line.startsWith("Hello!")));
  return {
    room,
    heardTimes: (fits, times) =>
      person.until(() => lines().filter((line) => fits.test(line)).length >= times),
    ask: async (text) => {
      const before = lines().length;
      await person.send(room, text);
      await person.until(() => lines().length > before);
      return lines()[before] ?? "";
    },
    heard: async (fits) => {
      await person.until(() => lines().some((line) => fits.test(line)));
      return lines().find((line) => fits.test(line)) ?? "";
    },
  };
};

export const joined = (event: SeenEvent, who: string): boolean =>
  event.type === "m.room.member" &&
  event.state_key === who &&
  event.content["membership"] === "join";

/** The membership of somebody in a room now. */
export const membershipOf = async (
  person: MatrixUser,
  room: string,
  who: string,
): Promise<string> => {
  const state = await person.state(room, "m.room.member", who).catch((): Body => ({}));
  return typeof state["membership"] === "string" ? state["membership"] : "none";
};

/** The rooms in a space that this person may come into, by their names, as a client asks for them. */
export const roomsIn = async (person: MatrixUser, space: string): Promise<readonly string[]> => {
  const path = `/_matrix/client/v1/rooms/${encodeURIComponent(space)}/hierarchy?max_depth=1`;
  const [, ...rooms] = listOf(await person.request("GET", path), "rooms");
  return rooms.map(({ name }) => String(name)).toSorted();
};

/** The power level of somebody in a room now. */
export const powerOf = async (person: MatrixUser, room: string, who: string): Promise<number> => {
  const levels = await person.state(room, "m.room.power_levels");
  return Number(asBody(levels["users"])[who] ?? levels["users_default"] ?? 0);
};

/** A login to Telegram by chat, with the code that comes by phone, until it is connected. */
export const logInToTelegram = async (
  stage: Stage,
  person: MatrixUser,
  account: Account,
): Promise<Talk> => {
  const { phone = "", id, firstName } = account;
  const talk = await talkTo(stage, person);
  assert.match(await talk.ask("login telegram phone"), /phone/i);
  assert.match(await talk.ask(`+${phone}`), /code/i);
  await person.send(talk.room, stage.telegram.code(phone));
  await talk.heard(new RegExp(`^Logged in as ${firstName}`));
  await stage.box.until((log) => log.includes(`"login":"telegram:${id}","state":"connected"`));
  return talk;
};

/** Ana, logged in to Telegram, or somebody in her place; Bob is there too. */
export interface OnTelegram {
  readonly me: Account;
  readonly bob: Account;
  readonly ana: MatrixUser;
  readonly talk: Talk;
}

/** Starts the box and logs her in. */
export const onTelegram = async (stage: Stage, ana = stage.person("ana")): Promise<OnTelegram> => {
  const { telegram, box } = stage;
  const me = telegram.addUser({ phone: "15550009", firstName: "Ana", username: "anathe" });
  const bob = telegram.addUser({ phone: "15550002", firstName: "Bob", username: "bobthe" });
  await box.start();
  return { me, bob, ana, talk: await logInToTelegram(stage, ana, me) };
};

/** Starts the box: Carl is in a channel of IRC, and Ana in its room. */
export const onIrc = async (stage: Stage) => {
  const carl = await stage.irc.user("Carl");
  await carl.join("#Lobby");
  await stage.box.start();
  const ana = stage.person("ana");
  const room = await ana.join(`#irc_#lobby:${stage.domain}`);
  return { carl, ana, room };
};

/** A login to IRC by chat, to its end. */
export const logInToIrc = async (stage: Stage, person: MatrixUser, nick: string): Promise<Talk> => {
  const talk = await talkTo(stage, person);
  assert.match(await talk.ask("login irc nick"), /nick/i);
  assert.match(await talk.ask(nick), /account/i);
  assert.match(await talk.ask("-"), new RegExp(`^Logged in as ${nick}`));
  await stage.irc.until((irc) => irc.lookup(nick) !== undefined);
  return talk;
};
