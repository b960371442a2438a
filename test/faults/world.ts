import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Channel as DiscordChannel, User as DiscordUser } from "../networks/discord/index.ts";
import type { IrcPerson } from "../networks/irc/index.ts";
import type { Channel as SlackChannel, User } from "../networks/slack/index.ts";
import type { Account, Channel, Post } from "../networks/telegram/index.ts";
import { Ledger } from "../sandbox/checker.ts";
import type { Report } from "../sandbox/checker.ts";
import { until } from "../sandbox/client.ts";
import type { MatrixUser } from "../sandbox/client.ts";
import type { ClientEvent } from "../sandbox/homeserver/index.ts";
import { boxBot, doraOn } from "../stage/lobby.ts";
import type { Stage } from "../stage/stage.ts";
import { noticesOf, textsTold } from "./notices.ts";
import { readStatus } from "./status.ts";
import type { Status } from "./status.ts";

export type NetworkSide = "irc" | "slack" | "telegram" | "discord";
export type Side = "matrix" | NetworkSide;

export const channel = "#lobby";
const spoken = /^(?:@\S+ )?PRIVMSG #lobby :?(.*)$/i;

/**
 * One room that is bound to a chat of each network; Ana on Matrix, Carl on IRC, Dora on Telegram, Erin
 * on Slack, Dan on Discord; and a ledger of what was said and what arrived, kept from what the servers
 * saw.
 */
export class World {
  readonly stage: Stage;
  readonly networks: readonly NetworkSide[];
  readonly ledger: Ledger;
  readonly ana: MatrixUser;
  readonly dora: Account;
  readonly bot: Account;
  readonly group: Channel;
  readonly erin: User;
  readonly slackLobby: SlackChannel;
  room = "";
  /** What was said, by side, in order. */
  readonly said: Record<Side, string[]> = {
    matrix: [],
    irc: [],
    slack: [],
    telegram: [],
    discord: [],
  };
  readonly dan: DiscordUser;
  readonly discordChannel: DiscordChannel;
  #discordSeen = new Set<string>();
  #carl: IrcPerson | undefined;
  #ircSeen = 0;
  readonly #ends: (() => void)[] = [];

  constructor(stage: Stage, networks: readonly NetworkSide[]) {
    this.stage = stage;
    this.networks = networks;
    this.ledger = new Ledger(["matrix", ...networks]);
    this.ana = stage.person("ana");
    const { telegram, discord } = stage;
    this.dan = discord.addUser({ username: "dan", global_name: "Dan" });
    const guild = discord.addGuild("The lobby", [discord.addUser({ username: "owner" }), this.dan]);
    this.discordChannel = discord.addChannel(guild, { name: "lobby" });
    this.dora = doraOn(telegram);
    this.bot = boxBot(telegram);
    this.group = telegram.addSupergroup("The lobby", [this.dora, this.bot], {
      username: "thelobby",
    });
    this.erin = stage.slack.addUser("erin");
    this.slackLobby = stage.slack.addChannel("lobby", [this.erin, stage.slackApp.bot]);
  }

  get carl(): IrcPerson {
    if (this.#carl === undefined) throw new Error("carl is not on IRC");
    return this.#carl;
  }

  get botMxid(): string {
    return `@bridgebox:${this.stage.domain}`;
  }

  /** Carl comes (again). */
  async carlEnters(): Promise<void> {
    this.#carl = await this.stage.irc.user("carl");
    await this.#carl.join(channel);
  }

  /** The room that the config binds, and everybody in place. */
  async furnish(): Promise<void> {
    await this.carlEnters();
    await this.ana.setDisplayname("Ana");
    this.room = await this.ana.createRoom({
      preset: "public_chat",
      room_alias_name: "lobby",
      name: "The lobby",
    });
    const { homeserver, telegram } = this.stage;
    this.#ends.push(homeserver.onEvent((event) => this.#onMatrix(event)));
    const onPost = (post: Post): void => {
      if (post.to === this.group && post.from === this.bot && !post.action)
        this.ledger.arrived("telegram", post.text);
    };
    telegram.events.on("message", onPost);
    this.#ends.push(() => telegram.events.off("message", onPost));
    const { slack } = this.stage;
    this.#ends.push(
      slack.onPost(({ user, text }) => {
        if (user !== this.erin) this.ledger.arrived("slack", text);
      }),
    );
  }

  /** Resolves once the box is where it has to be; what it has to do may still wait. */
  async inPlace(): Promise<void> {
    await until("every chat is bound", () => this.#bound(), 20_000);
    await until("every login is connected", () => this.#connected());
  }

  /** Resolves once every login is connected, the room is bound and nothing is queued. */
  async ready(deadline = 20_000): Promise<void> {
    await this.inPlace();
    await this.calm(deadline);
  }

  /** Somebody says it; on IRC it has reached the server when this resolves. Returns the event id on Matrix. */
  async say(side: Side, text: string): Promise<string> {
    this.ledger.said(side, this.#idOf(side, this.said[side].length), text);
    this.said[side].push(text);
    if (side === "matrix") return this.ana.send(this.room, text);
    if (side === "irc") await this.carl.command(`PRIVMSG ${channel} :${text}`);
    else if (side === "slack") this.stage.slack.say(this.erin, this.slackLobby, text);
    else if (side === "discord") this.stage.discord.say(this.dan, this.discordChannel, text);
    else this.stage.telegram.say(this.dora, this.group, text);
    return "";
  }

  /** Nobody could have carried the message with that number on that side. */
  withdraw(side: Side, number: number): void {
    this.ledger.withdraw(this.#idOf(side, number));
  }

  #idOf(side: Side, number: number): string {
    return `${side} ${number}`;
  }

  /** What the ledger says, with everything counted that the IRC server has heard by now. */
  report(): Report {
    const { lines } = this.stage.irc;
    for (; this.#ircSeen < lines.length; this.#ircSeen += 1) {
      const heard = lines[this.#ircSeen];
      const [, words] = spoken.exec(heard?.line ?? "") ?? [];
      if (heard === undefined || words === undefined || heard.nick === "carl") continue;
      this.ledger.arrived("irc", words);
    }
    for (const { id, content, author } of this.stage.discord.messages(this.discordChannel)) {
      if (author === this.dan || this.#discordSeen.has(id)) continue;
      this.#discordSeen.add(id);
      this.ledger.arrived("discord", content);
    }
    return this.ledger.report();
  }

  /** Resolves once everything is everywhere, but for what the room says is in doubt. */
  async arrived(deadline = 20_000): Promise<void> {
    const open = (): readonly string[] => {
      const doubts = new Set(this.doubts());
      return this.report()
        .missing.filter(({ text, to }) => to !== "irc" || !doubts.has(text))
        .map(({ text, from, to }) => `${from} → ${to}: ${text}`);
    };
    await until("everything has arrived", () => open().length === 0, deadline).catch(
      (cause: unknown) => {
        const lost = open().slice(0, 10).join("; ");
        const told = this.notices().map(({ content }) => String(content["body"]));
        const notices = `the room was told ${JSON.stringify(told.slice(-10))}`;
        throw new Error(`Not everywhere after ${deadline} ms: ${lost}; ${notices}`, { cause });
      },
    );
  }

  /** Resolves once every login is connected and nothing waits anywhere. */
  async calm(deadline = 20_000): Promise<void> {
    await until("everything is calm", () => this.#calm(), deadline).catch(
      async (cause: unknown) => {
        const { networks, queues } = await this.status();
        const restless = networks.filter((network) => !isConnected(network));
        const waiting = queues.filter(({ count }) => count > 0);
        const state = JSON.stringify({ restless, waiting });
        throw new Error(`Not calm after ${deadline} ms: ${state}`, { cause });
      },
    );
  }

  /** Resolves once the box has seen that a network is gone: what leaves before is in flight, and does not wait. */
  async noticed(): Promise<void> {
    await until("the box has noticed", async () => {
      const { networks } = await this.status();
      return !networks.every(isConnected);
    });
  }

  status(): Promise<Status> {
    return readStatus(this.stage);
  }

  /** Everything arrived, once, in order; returns how many are in doubt. */
  async settle(deadline = 20_000): Promise<number> {
    await this.arrived(deadline);
    await this.calm(deadline);
    const { missing, doubled, outOfOrder } = this.report();
    const doubts = new Set(this.doubts());
    assert.deepEqual(
      missing.filter(({ text, to }) => to !== "irc" || !doubts.has(text)),
      [],
      "lost",
    );
    assert.deepEqual(doubled, [], "doubled");
    assert.deepEqual(outOfOrder, [], "out of order");
    assert.deepEqual(this.stage.irc.violations, []);
    assert.deepEqual(this.stage.slack.violations, []);
    assert.deepEqual(this.stage.telegram.unhandled, []);
    assert.deepEqual(this.stage.discord.violations, []);
    return this.doubts().length;
  }

  /** Every event of the room, in order. */
  timeline(): readonly ClientEvent[] {
    return this.stage.homeserver.room(this.room).timeline;
  }

  /** What the box itself says in the room, in order. */
  notices(): readonly ClientEvent[] {
    return noticesOf(this.timeline(), this.botMxid);
  }

  /** The texts that the room is told may not have been delivered to IRC, each as often as it is told. */
  doubts(): readonly string[] {
    return this.#noticed("may not have been delivered to irc");
  }

  /** The texts that the room is told did not reach a network. */
  failures(): readonly string[] {
    return this.#noticed("did not reach");
  }

  #noticed(words: string): readonly string[] {
    return textsTold(this.timeline(), { bot: this.botMxid, words });
  }

  /** Gap notices in the room so far. */
  gaps(): number {
    return this.notices().filter(({ content }) =>
      String(content["body"]).includes("may be missing here"),
    ).length;
  }

  /** The running box does that at that place, from its next hit on. */
  arm(plan: string): void {
    writeFileSync(armFile(this.stage), plan);
  }

  disarm(): void {
    rmSync(armFile(this.stage), { force: true });
  }

  async start(): Promise<void> {
    await this.stage.box.start({ BRIDGEBOX_FAILPOINT: `@${armFile(this.stage)}` });
  }

  /** Starts the box again, and waits until it is back everywhere. */
  async restart(): Promise<void> {
    this.disarm();
    await this.start();
    await this.ready();
    if (this.networks.includes("irc")) await this.ircIsBack();
    await this.calm();
  }

  /** The box is in the channel again: what is said there is heard, and the gap before it is marked. */
  async ircIsBack(): Promise<void> {
    const gaps = this.gaps();
    await until("the box is in the channel", () => this.inChannel(), 20_000);
    await this.say("irc", `heard again ${this.said.irc.length}`);
    await until("the gap is marked", () => this.gaps() > gaps, 15_000);
  }

  /** Whether the box's relay client is in the channel. */
  inChannel(): boolean {
    return this.stage.irc.channel(channel)?.members.has("bridgebox") === true;
  }

  async close(): Promise<void> {
    for (const end of this.#ends) end();
    if (process.env["SHOW_LOG"]) process.stderr.write(this.stage.box.log);
    await this.stage.close();
  }

  #onMatrix({ type, room_id, sender, content }: ClientEvent): void {
    const { body, msgtype } = content;
    if (type !== "m.room.message" || room_id !== this.room || typeof body !== "string") return;
    if (sender === this.ana.userId || msgtype === "m.notice") return;
    this.ledger.arrived("matrix", body);
  }

  async #bound(): Promise<boolean> {
    if (this.networks.includes("irc") && !this.inChannel()) return false;
    const log = this.stage.box.log;
    return this.networks.every((network) =>
      log
        .split("\n")
        .some((line) => line.includes("A room of the config is bound") && line.includes(network)),
    );
  }

  async #connected(): Promise<boolean> {
    const status = await this.status().catch(() => undefined);
    return status?.networks.every(isConnected) ?? false;
  }

  async #calm(): Promise<boolean> {
    const status = await this.status().catch(() => undefined);
    if (status === undefined || this.stage.homeserver.outbox().waiting > 0) return false;
    return status.networks.every(isConnected) && status.queues.every(({ count }) => count === 0);
  }
}

const isConnected = ({ logins }: Status["networks"][number]): boolean =>
  logins.every(({ state }) => state === "connected");

const armFile = ({ dir }: Stage): string => join(dir, "failpoint");
