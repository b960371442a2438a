import type { Channel, User, Wire } from "./model.ts";
import { wireText } from "./model.ts";
import { snowflake } from "./snowflake.ts";
import { intents } from "./world.ts";
import type { World } from "./world.ts";

/** Somebody used a command of the application. */
export interface Use {
  readonly id: string;
  readonly token: string;
  readonly user: User;
  readonly channel: Channel;
  readonly command: Wire;
  /** What its user reads, and nobody else. */
  answer?: Wire;
  /** Called with each text that comes to stand there. */
  onAnswer?: (content: string) => void;
  /** Nobody answered it within three seconds. */
  late: boolean;
  /** Its quarter of an hour has passed. */
  over: boolean;
}

/** The application's commands, and what people did with them. */
export class Uses {
  /** By name. */
  readonly commands = new Map<string, Wire>();
  /** Where the application has uses of its commands told to, in place of the gateway. */
  endpoint: string | null = null;
  readonly #world: World;
  readonly #byToken = new Map<string, Use>();

  constructor(world: World) {
    this.#world = world;
  }

  byToken(token: string): Use | undefined {
    return this.#byToken.get(token);
  }

  /** Makes a command, or puts it in the place of the one of that name. */
  register(given: Wire): Wire {
    const { bot } = this.#world;
    const name = wireText(given["name"]);
    const options = (given["options"] ?? []) as Wire[];
    const command = {
      default_member_permissions: null,
      type: 1,
      nsfw: false,
      contexts: null,
      integration_types: [0],
      ...given,
      // What is `false` is not told.
      ...(options.length === 0 ? { options: undefined } : { options: options.map(told) }),
      id: this.commands.get(name)?.["id"] ?? snowflake(),
      application_id: bot.id,
      version: snowflake(),
    };
    this.commands.set(name, command);
    return command;
  }

  /** Somebody uses a command: the bot is told, whatever its intents. */
  use(user: User, channel: Channel, name: string, options: Options): Use {
    const told = this.told(user, channel, name, options);
    this.#world.tellGuild(0, "INTERACTION_CREATE", told);
    return this.byToken(wireText(told["token"])) ?? raise("nothing was used");
  }

  /** What the bot is told of it. */
  told(user: User, channel: Channel, name: string, options: Options): Wire {
    const { bot } = this.#world;
    const command = this.commands.get(name) ?? raise(`the application has no command ${name}`);
    const id = snowflake();
    const token = `interaction-token-${id}`;
    const use: Use = { id, token, user, channel, command, late: false, over: false };
    this.#byToken.set(token, use);
    const guild = this.#world.guildOf(channel);
    const member = guild?.members.get(user.id);
    if (guild !== undefined && member === undefined) raise("they are not in that server");
    const given = Object.entries(options).map(([key, value]) => ({ type: 3, name: key, value }));
    return {
      id,
      token,
      application_id: bot.id,
      type: 2,
      version: 1,
      data: {
        id: command["id"],
        name,
        type: 1,
        ...(given.length > 0 ? { options: given } : {}),
      },
      channel: { id: channel.id, type: channel.type },
      channel_id: channel.id,
      ...(guild === undefined
        ? { user, context: 1 }
        : {
            member: { ...member, permissions: "0" },
            guild_id: guild.id,
            guild: { id: guild.id, features: [], locale: "en-US" },
            guild_locale: "en-US",
            context: 0,
          }),
      locale: "en-US",
      app_permissions: "0",
      entitlements: [],
      authorizing_integration_owners: { "0": guild?.id ?? "0" },
      attachment_size_limit: 10_485_760,
    };
  }

  /** The first answer; the bot is told of its own message, as of all that it says. */
  answer(use: Use, content: string, hidden: boolean): void {
    use.onAnswer?.(content);
    const { bot } = this.#world;
    const { channel, user, id } = use;
    use.answer = {
      id: snowflake(),
      channel_id: channel.id,
      author: bot,
      content,
      timestamp: new Date().toISOString(),
      edited_timestamp: null,
      tts: false,
      mention_everyone: false,
      mentions: [],
      mention_roles: [],
      attachments: [],
      embeds: [],
      pinned: false,
      type: 20,
      flags: hidden ? 64 : 0,
      components: [],
      webhook_id: bot.id,
      application_id: bot.id,
      interaction_metadata: {
        id,
        type: 2,
        user,
        authorizing_integration_owners: { "0": channel.guild_id ?? "0" },
      },
    };
    const kinds = [intents.messages, intents.directMessages] as const;
    this.#world.tell(channel, kinds, "MESSAGE_CREATE", use.answer);
  }
}

type Options = Readonly<Record<string, string>>;

const raise = (why: string): never => {
  throw new Error(why);
};

const told = ({ required, ...option }: Wire): Wire =>
  required === true ? { ...option, required } : option;
