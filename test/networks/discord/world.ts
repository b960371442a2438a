import type { Upload } from "./http.ts";
import { mentionedIn, pingsOf } from "./mentions.ts";
import { refusal, sizeOf } from "./http.ts";
import { bits, createUser, permissionsOf, wireText } from "./model.ts";
import type { Channel, Guild, Message, Permission, Post, User, Webhook, Wire } from "./model.ts";
import { emojiOf, reactionsOf } from "./reactions.ts";
import { byId, moment, snowflake } from "./snowflake.ts";

/** Intents of docs.discord.com/developers/events/gateway#list-of-intents. */
export const intents = {
  guilds: 1 << 0,
  members: 1 << 1,
  moderation: 1 << 2,
  webhooks: 1 << 5,
  presences: 1 << 8,
  messages: 1 << 9,
  reactions: 1 << 10,
  typing: 1 << 11,
  directMessages: 1 << 12,
  directReactions: 1 << 13,
  directTyping: 1 << 14,
  content: 1 << 15,
  polls: 1 << 24,
  directPolls: 1 << 25,
} as const;

export type Dispatch = (intent: number, name: string, make: (intents: number) => Wire) => void;

/** What a new message is made of. */
export interface Said {
  readonly content?: string;
  readonly files?: readonly Upload[];
  readonly described?: readonly Wire[];
  readonly reference?: Wire;
  readonly allowed?: Wire | undefined;
  readonly nonce?: string;
  readonly flags?: number;
  readonly more?: Wire;
  readonly poll?: Wire;
  readonly webhook?: Webhook;
  readonly embeds?: readonly Wire[];
}

/** Everything that this Discord holds, and what changing it tells the bot. */
export class World {
  readonly users = new Map<string, User>();
  readonly guilds = new Map<string, Guild>();
  readonly channels = new Map<string, Channel>();
  readonly posts = new Map<string, Post>();
  readonly webhooks = new Map<string, Webhook>();
  readonly files = new Map<string, Upload>();
  /** Of who is not offline, by their ids. */
  readonly presences = new Map<string, Wire>();
  readonly recipients = new Map<string, readonly User[]>();
  readonly bot: User;
  #base = "";
  readonly #dispatch: Dispatch;
  readonly #history = new Map<string, Post[]>();

  constructor(dispatch: Dispatch) {
    this.#dispatch = dispatch;
    this.bot = createUser({ username: "bridge", bot: true });
    this.users.set(this.bot.id, this.bot);
  }

  set base(url: string) {
    this.#base = url;
  }

  get base(): string {
    return this.#base;
  }

  history(channel: { readonly id: string }): readonly Post[] {
    return this.#history.get(channel.id) ?? [];
  }

  guildOf(channel: Channel): Guild | undefined {
    return channel.guild_id === undefined ? undefined : this.guilds.get(channel.guild_id);
  }

  /** Refuses as Discord does what the bot may not do there. */
  demand(channel: Channel, ...needed: readonly Permission[]): void {
    const guild = this.guildOf(channel);
    if (guild === undefined) return;
    const held = permissionsOf(guild, channel, this.bot);
    if ((held & bits.viewChannel) === 0n) throw refusal(403, 50_001, "Missing Access");
    if (needed.some((it) => (held & bits[it]) === 0n)) {
      throw refusal(403, 50_013, "Missing Permissions");
    }
  }

  /** The same in the whole server, whatever its channels say. */
  demandIn(guild: Guild, ...needed: readonly Permission[]): void {
    const held = permissionsOf(guild, { permission_overwrites: [] }, this.bot);
    if (needed.some((it) => (held & bits[it]) === 0n))
      throw refusal(403, 50_013, "Missing Permissions");
  }

  seen(channel: Channel): boolean {
    const guild = this.guildOf(channel);
    return (
      guild === undefined || (permissionsOf(guild, channel, this.bot) & bits.viewChannel) !== 0n
    );
  }

  /** Tells the bot, if it sees the channel. */
  tell(
    channel: Channel,
    intent: readonly [guild: number, direct: number],
    name: string,
    data: Wire,
  ): void {
    if (!this.seen(channel)) return;
    const direct = channel.guild_id === undefined;
    const where = direct ? {} : { guild_id: channel.guild_id };
    this.#dispatch(direct ? intent[1] : intent[0], name, () => ({ ...data, ...where }));
  }

  tellGuild(intent: number, name: string, data: Wire): void {
    this.#dispatch(intent, name, () => data);
  }

  tellMessage(name: "MESSAGE_CREATE" | "MESSAGE_UPDATE", post: Post): void {
    const { channel, message } = post;
    if (!this.seen(channel)) return;
    const guild = this.guildOf(channel);
    const member = guild?.members.get(message.author.id);
    const { user: _user, ...about } = member ?? { user: undefined };
    const where = guild ? { guild_id: guild.id } : {};
    const whole = { ...this.shown(post), ...where, ...(member ? { member: about } : {}) };
    this.#dispatch(guild ? intents.messages : intents.directMessages, name, (held) =>
      (held & intents.content) !== 0 || !this.#needsIntent(post)
        ? whole
        : { ...whole, content: "", attachments: [], embeds: [], components: [], poll: undefined },
    );
  }

  #needsIntent({ channel, message }: Post): boolean {
    const mentioned = (message["mentions"] as User[]).some(({ id }) => id === this.bot.id);
    return channel.guild_id !== undefined && message.author.id !== this.bot.id && !mentioned;
  }

  /** A message as the bot sees it: with its reactions and the state of its poll. */
  shown(post: Post): Wire {
    const reactions = reactionsOf(post, this.bot);
    return { ...post.message, ...(reactions.length > 0 ? { reactions } : {}) };
  }

  /** Writes a message into a channel. */
  post(channel: Channel, author: User, said: Said): Post {
    const { reference, webhook, files = [] } = said;
    const content = (said.content ?? "").trim();
    const referenced = this.posts.get(wireText(reference?.["message_id"]));
    const forward = reference?.["type"] === 1;
    const about = { author, content, allowed: said.allowed, byWebhook: webhook !== undefined };
    const pings = pingsOf(this, channel, about, forward ? undefined : referenced);
    const message: Message = {
      id: snowflake(),
      channel_id: channel.id,
      author,
      content,
      timestamp: new Date().toISOString(),
      edited_timestamp: null,
      tts: false,
      mention_everyone: pings.includes("everyone"),
      mentions: mentionedIn(this, content, said.allowed),
      mention_roles: [...new Set(Array.from(content.matchAll(/<@&(\d+)>/g), ([, id]) => id))],
      attachments: this.upload(channel, files, said.described ?? []),
      embeds: said.embeds ?? [],
      pinned: false,
      type: reference && !forward ? 19 : 0,
      flags: said.flags ?? 0,
      components: [],
      ...(said.nonce === undefined ? {} : { nonce: said.nonce }),
      ...(webhook ? { webhook_id: webhook.id } : {}),
      ...(typeof webhook?.["application_id"] === "string"
        ? { application_id: webhook["application_id"] }
        : {}),
      ...(reference
        ? { message_reference: { type: 0, channel_id: channel.id, ...reference } }
        : {}),
      ...(reference && !forward && referenced
        ? { referenced_message: this.#quoted(referenced) }
        : {}),
      ...(said.poll ? { poll: said.poll } : {}),
      ...said.more,
    };
    const post: Post = {
      channel,
      message,
      reactions: new Map(),
      bursts: new Map(),
      votes: new Map(),
      pings,
    };
    this.posts.set(message.id, post);
    const known = this.#history.get(channel.id) ?? [];
    known.push(post);
    this.#history.set(channel.id, known);
    channel.last_message_id = message.id;
    this.tellMessage("MESSAGE_CREATE", post);
    return post;
  }

  #quoted({ message }: Post): Wire {
    const { referenced_message: _inner, reactions: _reactions, ...rest } = message;
    return rest;
  }

  amend(post: Post, change: Partial<Message>, silent = false): void {
    Object.assign(post.message, change);
    if (!silent) post.message.edited_timestamp = new Date().toISOString();
    this.tellMessage("MESSAGE_UPDATE", post);
  }

  erase(...posts: readonly Post[]): void {
    for (const { message, channel } of posts) {
      this.posts.delete(message.id);
      const known = this.#history.get(channel.id) ?? [];
      this.#history.set(
        channel.id,
        known.filter((it) => it.message.id !== message.id),
      );
    }
    const [first] = posts;
    if (first === undefined) return;
    const ids = posts.map(({ message }) => message.id);
    const { channel } = first;
    const intent = [intents.messages, intents.directMessages] as const;
    if (ids.length === 1)
      this.tell(channel, intent, "MESSAGE_DELETE", { id: ids[0], channel_id: channel.id });
    else this.tell(channel, intent, "MESSAGE_DELETE_BULK", { ids, channel_id: channel.id });
  }

  react(post: Post, user: User, emoji: string, on = true, burst = false): void {
    const kind = burst ? post.bursts : post.reactions;
    const users = kind.get(emoji) ?? new Set();
    kind.set(emoji, users);
    if (users.has(user.id) === on) return;
    if (on) users.add(user.id);
    else users.delete(user.id);
    const name = on ? "MESSAGE_REACTION_ADD" : "MESSAGE_REACTION_REMOVE";
    this.tell(post.channel, [intents.reactions, intents.directReactions], name, {
      user_id: user.id,
      channel_id: post.channel.id,
      message_id: post.message.id,
      emoji: emojiOf(emoji),
      burst,
      type: burst ? 1 : 0,
    });
  }

  /** Takes away all reactions, or all of one emoji. */
  clearReactions(post: Post, emoji?: string): void {
    for (const kind of [post.reactions, post.bursts]) {
      if (emoji === undefined) kind.clear();
      else kind.delete(emoji);
    }
    const base = { channel_id: post.channel.id, message_id: post.message.id };
    const intent = [intents.reactions, intents.directReactions] as const;
    if (emoji === undefined) this.tell(post.channel, intent, "MESSAGE_REACTION_REMOVE_ALL", base);
    else {
      const more = { ...base, emoji: emojiOf(emoji) };
      this.tell(post.channel, intent, "MESSAGE_REACTION_REMOVE_EMOJI", more);
    }
  }

  vote(post: Post, user: User, answer: number, on = true): void {
    const voters = post.votes.get(answer) ?? new Set();
    post.votes.set(answer, voters);
    if (on) voters.add(user.id);
    else voters.delete(user.id);
    const name = on ? "MESSAGE_POLL_VOTE_ADD" : "MESSAGE_POLL_VOTE_REMOVE";
    this.tell(post.channel, [intents.polls, intents.directPolls], name, {
      user_id: user.id,
      channel_id: post.channel.id,
      message_id: post.message.id,
      answer_id: answer,
    });
  }

  /** The poll is over: its message says so, and a message of the system tells the result. */
  endPoll(post: Post): void {
    const counts = [...post.votes].map(([id, voters]) => ({
      id,
      count: voters.size,
      me_voted: false,
    }));
    const poll = {
      ...(post.message["poll"] as Wire),
      results: { is_finalized: true, answer_counts: counts },
    };
    this.amend(post, { poll }, true);
  }

  pin(post: Post, on: boolean): void {
    post.message.pinned = on;
    post.pinnedAt = on ? moment() : "";
    this.tell(post.channel, [intents.guilds, intents.directMessages], "CHANNEL_PINS_UPDATE", {
      channel_id: post.channel.id,
      last_pin_timestamp: on ? new Date().toISOString() : null,
    });
  }

  /** What is pinned, last pinned first. */
  pinned(channel: Channel): readonly Post[] {
    return this.history(channel)
      .filter(({ message }) => message.pinned)
      .toSorted((a, b) => ((a.pinnedAt ?? "") < (b.pinnedAt ?? "") ? 1 : -1));
  }

  /** Keeps files on the CDN and gives them as attachments. */
  upload(channel: Channel, files: readonly Upload[], described: readonly Wire[]): Wire[] {
    return files.map((file) => {
      const id = snowflake();
      const about = described.find((it) => `files[${String(it["id"])}]` === file.key) ?? {};
      const path = `/attachments/${channel.id}/${id}/${encodeURIComponent(file.name)}`;
      this.files.set(path, file);
      const url = this.link(path);
      const { id: _id, filename: _name, ...rest } = about;
      return {
        id,
        filename: file.name,
        size: sizeOf(file),
        content_type: file.type,
        url,
        proxy_url: url,
        ...rest,
      };
    });
  }

  /** A link of the CDN with its end (docs.discord.com/developers/reference#signed-attachment-cdn-urls). */
  link(path: string, ttl = 86_400_000): string {
    const until = (Math.floor(Date.now() / 1000) + Math.floor(ttl / 1000)).toString(16);
    return `${this.#base}${path}?ex=${until}&is=0&hm=00`;
  }

  /** The private chat of the bot with somebody. */
  direct(user: User): Channel {
    for (const [id, people] of this.recipients) {
      const known = this.channels.get(id);
      if (known !== undefined && people[0] === user) return known;
    }
    const channel: Channel = {
      id: snowflake(),
      type: 1,
      flags: 0,
      last_message_id: null,
      recipients: [user],
    };
    this.channels.set(channel.id, channel);
    this.recipients.set(channel.id, [user]);
    return channel;
  }

  /** Opens a channel or a thread and tells of it. */
  open(channel: Channel): void {
    this.channels.set(channel.id, channel);
    this.guildOf(channel)?.channels.set(channel.id, channel);
    const thread = channel.type >= 10 && channel.type <= 12;
    this.tell(channel, [intents.guilds, 0], thread ? "THREAD_CREATE" : "CHANNEL_CREATE", channel);
  }

  change(channel: Channel, change: Wire): void {
    Object.assign(channel, change);
    const thread = channel.type >= 10 && channel.type <= 12;
    this.tell(channel, [intents.guilds, 0], thread ? "THREAD_UPDATE" : "CHANNEL_UPDATE", channel);
  }

  close(channel: Channel): void {
    const thread = channel.type >= 10 && channel.type <= 12;
    const { id, parent_id, type } = channel;
    if (thread) this.tell(channel, [intents.guilds, 0], "THREAD_DELETE", { id, parent_id, type });
    else this.tell(channel, [intents.guilds, 0], "CHANNEL_DELETE", channel);
    this.channels.delete(id);
    this.guildOf(channel)?.channels.delete(id);
  }

  /** Messages as the API lists them, newest first. */
  list(channel: Channel, query: Readonly<Record<string, string>>): readonly Wire[] {
    const limit = Number(query["limit"] ?? 50);
    const all = [...this.history(channel)].sort((a, b) => byId(a.message, b.message));
    const { before, after } = query;
    const older =
      before === undefined ? all : all.filter(({ message }) => BigInt(message.id) < BigInt(before));
    const newer =
      after === undefined
        ? older
        : older.filter(({ message }) => BigInt(message.id) > BigInt(after));
    const page = after === undefined ? newer.slice(-limit) : newer.slice(0, limit);
    return page.toReversed().map((post) => this.shown(post));
  }
}
