import { createServer } from "node:http";
import type { Server } from "node:http";
import { Faults, rateLimit } from "./faults.ts";
import { Front } from "./front.ts";
import { flagsOf, Gateway, intentsOf, toldWith } from "./gateway.ts";
import type { Allowed } from "./gateway.ts";
import type { Call, Upload } from "./http.ts";
import {
  bits,
  createChannel,
  createGuild,
  createMember,
  createRole,
  createThread,
  createUser,
  granted,
  wholeGuild,
  wireText,
} from "./model.ts";
import type {
  Channel,
  Guild,
  Member,
  Message,
  Permission,
  Post,
  Role,
  User,
  Webhook,
} from "./model.ts";
import { Freezer } from "../freeze.ts";
import { openPoll } from "./rest/messages.ts";
import type { Ground } from "./rest/route.ts";
import { snowflake } from "./snowflake.ts";
import { Uses } from "./uses.ts";
import { intents, World } from "./world.ts";
import type { Said } from "./world.ts";
import { freePort } from "../../free-port.ts";

/** A whole Discord in this process, on loopback: REST, gateway and CDN, and a world to act in. */
export class DiscordServer {
  /** Requests that came in, in order. */
  readonly calls: Call[] = [];
  /** What was against Discord's own description, by the client or by this server: wants to be empty. */
  readonly violations: string[] = [];
  readonly world: World;
  /** Commands of the application, and their uses. */
  readonly uses: Uses;
  readonly gateway: Gateway;
  readonly freezer = new Freezer();
  readonly #faults = new Faults();
  readonly #front: Front;
  readonly #watchers = new Set<() => void>();
  readonly #typed: Channel[] = [];
  #http: Server | undefined;
  #port: number;
  /** Privileged intents that the application has. */
  allowed: Allowed = { members: true, content: true, presences: true };
  token = "";

  private constructor(port: number) {
    this.#port = port;
    this.gateway = new Gateway({
      token: () => this.token,
      bot: () => this.world.bot,
      url: () => this.gatewayUrl,
      granted: () => intentsOf(this.allowed),
      guilds: () => Array.from(this.world.guilds.values(), (guild) => this.#whole(guild)),
      violated: (what) => this.violations.push(what),
      changed: () => this.#changed(),
    });
    this.world = new World((intent, name, make) => this.gateway.dispatch(intent, name, make));
    this.uses = new Uses(this.world);
    const ground: Ground = {
      world: this.world,
      uses: this.uses,
      gatewayUrl: () => this.gatewayUrl,
      applicationFlags: () => flagsOf(this.allowed),
      typed: (channel) => this.#typed.push(channel),
    };
    this.#front = new Front({
      ground,
      faults: this.#faults,
      token: () => this.token,
      came: (call) => this.calls.push(call),
      violated: (what) => this.violations.push(what),
      changed: () => this.#changed(),
    });
    this.token = `${Buffer.from(this.world.bot.id).toString("base64url")}.Gh1jkl.server-of-the-tests-0123456789`;
  }

  static async listen({ port = 0 }: { readonly port?: number } = {}): Promise<DiscordServer> {
    const server = new DiscordServer(port);
    await server.start();
    return server;
  }

  get base(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** What a client calls its API: `rest.api`. */
  get api(): string {
    return `${this.base}/api`;
  }

  get gatewayUrl(): string {
    return `ws://127.0.0.1:${this.#port}/gateway/`;
  }

  get bot(): User {
    return this.world.bot;
  }

  /** Channels in which the bot showed that it types. */
  get typed(): readonly Channel[] {
    return this.#typed;
  }

  /** Accepts connections, on the same port as before. */
  async start(): Promise<void> {
    const http = createServer((request, response) => {
      void this.#front.answer(request, response).catch((error: unknown) => {
        // A client may break off what it sends.
        if (!request.complete) return;
        this.violations.push(`a fault of this server: ${String(error)}`);
        response.destroy();
      });
    });
    this.#http = http;
    this.freezer.watch(http);
    this.gateway.attach(http);
    this.#port ||= await freePort();
    await new Promise<void>((done) => http.listen(this.#port, "127.0.0.1", done));
    this.world.base = this.base;
  }

  /** Ends every connection and refuses new ones until `start`; nothing is forgotten. */
  async stop(): Promise<void> {
    const http = this.#http;
    if (http === undefined) return;
    this.#http = undefined;
    await this.gateway.detach();
    http.closeAllConnections();
    await new Promise((done) => http.close(done));
  }

  async close(): Promise<void> {
    await this.stop();
  }

  addUser(from: Partial<User> & { readonly username: string }): User {
    const user = createUser(from);
    this.world.users.set(user.id, user);
    return user;
  }

  /** A guild with these people, of whom the first owns it, and with the bot. */
  addGuild(name: string, people: readonly [User, ...User[]]): Guild {
    const guild = createGuild(name, people[0]);
    const role = createRole(snowflake(), { name: "bridge", permissions: granted, managed: true });
    guild.wire.roles.push(role);
    for (const user of people) guild.members.set(user.id, createMember(user));
    guild.members.set(this.bot.id, createMember(this.bot, [role.id]));
    this.world.guilds.set(guild.id, guild);
    this.#tellOf(guild);
    return guild;
  }

  /** The end of an outage in which the guild could not be had. */
  recover(guild: Guild): void {
    guild.out = false;
    this.#tellOf(guild);
  }

  #tellOf(guild: Guild): void {
    this.gateway.dispatch(intents.guilds, "GUILD_CREATE", (held) =>
      toldWith(held, this.#whole(guild)),
    );
  }

  #whole(guild: Guild) {
    return wholeGuild(guild, (it) => this.world.seen(it), this.world.presences);
  }

  addChannel(guild: Guild, from: Partial<Channel> & { readonly name: string }): Channel {
    const channel = createChannel(guild, from);
    this.world.open(channel);
    return channel;
  }

  addThread(
    parent: Channel,
    owner: User,
    from: Partial<Channel> & { readonly name: string },
  ): Channel {
    const thread = createThread(parent, owner, from);
    this.world.open(thread);
    return thread;
  }

  addRole(guild: Guild, from: Partial<Role>): Role {
    const role = createRole(snowflake(), from);
    guild.wire.roles.push(role);
    this.world.tellGuild(intents.guilds, "GUILD_ROLE_CREATE", { guild_id: guild.id, role });
    return role;
  }

  /** Takes permissions in a channel from everybody but the owner. */
  deny(guild: Guild, channel: Channel, ...what: readonly Permission[]): void {
    const deny = String(what.reduce((sum, it) => sum | bits[it], 0n));
    const seen = this.world.seen(channel);
    channel.permission_overwrites = [
      ...(channel.permission_overwrites ?? []).filter(({ id }) => id !== this.bot.id),
      { id: this.bot.id, type: 1, allow: "0", deny },
    ];
    if (seen && guild.channels.has(channel.id)) {
      this.world.tellGuild(intents.guilds, "CHANNEL_UPDATE", channel);
    }
  }

  join(guild: Guild, user: User): void {
    const member = createMember(user);
    guild.members.set(user.id, member);
    this.world.tellGuild(intents.members, "GUILD_MEMBER_ADD", { ...member, guild_id: guild.id });
  }

  leave(guild: Guild, user: User): void {
    guild.members.delete(user.id);
    this.world.tellGuild(intents.members, "GUILD_MEMBER_REMOVE", { guild_id: guild.id, user });
  }

  ban(guild: Guild, user: User): void {
    this.world.tellGuild(intents.moderation, "GUILD_BAN_ADD", { guild_id: guild.id, user });
    this.leave(guild, user);
  }

  changeMember(guild: Guild, user: User, change: Partial<Member>): void {
    const member = guild.members.get(user.id);
    if (member === undefined) throw new Error(`${user.username} is not in ${guild.wire.name}`);
    Object.assign(member, change);
    this.world.tellGuild(intents.members, "GUILD_MEMBER_UPDATE", { ...member, guild_id: guild.id });
  }

  /** The bot is thrown out. */
  expel(guild: Guild): void {
    guild.members.delete(this.bot.id);
    this.world.guilds.delete(guild.id);
    this.world.tellGuild(intents.guilds, "GUILD_DELETE", { id: guild.id });
  }

  say(user: User, channel: Channel, content: string, more: Omit<Said, "content"> = {}): Post {
    return this.world.post(channel, user, { ...more, content });
  }

  reply(user: User, to: Post, content: string): Post {
    const where = to.channel.guild_id === undefined ? {} : { guild_id: to.channel.guild_id };
    return this.say(user, to.channel, content, {
      reference: { message_id: to.message.id, ...where },
    });
  }

  poll(user: User, channel: Channel, question: string, options: readonly string[]): Post {
    const answers = options.map((text) => ({ poll_media: { text } }));
    return this.say(user, channel, "", {
      poll: openPoll({ question: { text: question }, answers }),
    });
  }

  vote(user: User, post: Post, option: string, on = true): void {
    const { answers } = post.message["poll"] as {
      answers: { answer_id: number; poll_media: { text: string } }[];
    };
    const answer = answers.find((it) => it.poll_media.text === option);
    if (answer === undefined) throw new Error(`there is no answer ${option}`);
    this.world.vote(post, user, answer.answer_id, on);
  }

  edit(post: Post, content: string): void {
    this.world.amend(post, { content });
  }

  remove(...posts: readonly Post[]): void {
    this.world.erase(...posts);
  }

  typing(user: User, channel: Channel): void {
    this.world.tell(channel, [intents.typing, intents.directTyping], "TYPING_START", {
      channel_id: channel.id,
      user_id: user.id,
      timestamp: Math.floor(Date.now() / 1000),
    });
  }

  direct(user: User): Channel {
    return this.world.direct(user);
  }

  /** What stands in a channel, oldest first. */
  messages(channel: Channel): readonly Message[] {
    return this.world.history(channel).map(({ message }) => message);
  }

  posts(channel: Channel): readonly Post[] {
    return this.world.history(channel);
  }

  /** The files of a message, as they were uploaded. */
  filesOf({ message }: Post): readonly Upload[] {
    return message.attachments.flatMap(
      ({ url }) => this.world.files.get(new URL(wireText(url)).pathname) ?? [],
    );
  }

  webhooks(channel: Channel): readonly Webhook[] {
    return [...this.world.webhooks.values()].filter((it) => it.channel_id === channel.id);
  }

  deleteWebhook(webhook: Webhook): void {
    this.world.webhooks.delete(webhook.id);
    const channel = this.world.channels.get(webhook.channel_id);
    if (channel)
      this.world.tell(channel, [intents.webhooks, 0], "WEBHOOKS_UPDATE", {
        channel_id: channel.id,
      });
  }

  /** A webhook of somebody else. */
  addWebhook(channel: Channel, name: string): Webhook {
    const webhook: Webhook = {
      id: snowflake(),
      type: 1,
      guild_id: channel.guild_id,
      channel_id: channel.id,
      name,
      avatar: null,
      token: "foreign",
      application_id: null,
    };
    this.world.webhooks.set(webhook.id, webhook);
    return webhook;
  }

  /** The next `times` requests that fit are told to wait. */
  limit(
    pattern: RegExp,
    seconds: number,
    scope: "user" | "global" | "shared" = "user",
    times = 1,
  ): void {
    this.#faults.order(pattern, rateLimit(seconds, scope), times);
  }

  /** The next `times` requests that fit are refused, and have no effect. */
  refuse(pattern: RegExp, status: number, body: unknown, times = 1, headers = {}): void {
    this.#faults.order(pattern, { kind: "answer", status, body, headers }, times);
  }

  /** The next `times` requests that fit have their effect, and are never answered. */
  swallow(pattern: RegExp, times = 1): void {
    this.#faults.order(pattern, { kind: "swallow" }, times);
  }

  /** The next `times` requests that fit wait for the returned function. */
  hang(pattern: RegExp, times = 1): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = this.#faults.order(pattern, { kind: "hang", released: promise }, times);
    return () => {
      end();
      resolve();
    };
  }

  /** The first thing that `probe` finds, looked at after everything that happens. */
  until<T>(probe: () => T | undefined | false, ms = 20_000): Promise<T> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = probe();
        if (found === undefined || found === false) return;
        end();
        resolve(found);
      };
      const end = (): void => {
        clearTimeout(timer);
        this.#watchers.delete(look);
      };
      const timer = setTimeout(() => {
        end();
        reject(new Error(`It did not happen in ${ms} ms: ${probe.toString()}`));
      }, ms);
      this.#watchers.add(look);
      look();
    });
  }

  #changed(): void {
    for (const look of this.#watchers) look();
  }
}
