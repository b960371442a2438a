import { choice, flag, integer, list, object, optional, record, text } from "../adapter/index.ts";
import type { Shaped } from "../adapter/index.ts";
import { cleanupShape } from "./cleanup-shape.ts";
import { address, doublePuppet } from "./double-puppet-shape.ts";
import { levels } from "./types.ts";

const localpart = /[a-z0-9._=/+-]{1,100}/;

const chatPattern = text({
  says: "An id or name of a chat; * is any text.",
  example: "dev-*",
  pattern: /[^\p{Cc}]{1,200}/u,
  expects: "a name without line breaks, with * for any text",
});

/** The keys that every network has, whatever its type. */
export const networkShape = object(
  {
    type: text({ says: "Which kind of network this is." }),
    enabled: flag({ says: "false keeps the section and does not connect.", default: true }),
    displayname: text({
      says: "How remote people are named on Matrix. {name} is their name over there.",
      default: "{name}",
      pattern: /.*\{name\}.*/,
      expects: "a name with {name} in it",
    }),
    ghosts: optional(
      text({
        says: "What the user names of remote people begin with. Changing it later makes new users.",
        example: "<network>_",
        pattern: localpart,
        expects: "small letters, digits and . _ - / + =",
      }),
    ),
    aliases: optional(
      text({
        says: "What the aliases of remote chats begin with: #<network>_#lobby:example.com.",
        example: "<network>_",
        pattern: /[A-Za-z0-9._=/+-]{1,100}/,
        expects: "letters, digits and . _ - / + =",
      }),
    ),
    members: choice(["lazy", "capped", "full"], {
      says:
        "Who of a chat is in its room: those who have said something (lazy), those and others up " +
        "to member_cap (capped), or all (full).",
      default: "lazy",
    }),
    member_cap: integer({
      says: "How many remote members a room may have where members is capped.",
      min: 1,
      max: 100_000,
      default: 100,
    }),
    relay: choice(["on", "off"], {
      says:
        "Whether people without a login are bridged by an account of the box, under their names. off: " +
        "only in rooms for which somebody set a relay.",
      default: "on",
    }),
    sync: object(
      {
        chats: integer({
          says:
            "How many chats of a person's login get a room as soon as they log in, those with the " +
            "newest messages first. Others get one when something is said there.",
          min: 0,
          max: 10_000,
          default: 30,
        }),
        max_age: optional(
          text({
            says: "Not those in which nothing was said for longer than this.",
            example: "90d",
            pattern: /[1-9]\d{0,5}[smhd]/,
            expects: "a number and s, m, h or d",
          }),
        ),
        only: list(chatPattern, {
          says: "Only chats whose id or name is like one of these are bridged unasked. Empty: all.",
          default: [],
          example: ["dev-*"],
        }),
        never: list(chatPattern, {
          says: "Chats whose id or name is like one of these are never bridged unasked.",
          default: [],
          example: ["*secret*"],
        }),
        box_accounts: flag({
          says: "Whether that counts for accounts of the box too, such as a bot: a room for each chat.",
          default: false,
        }),
      },
      { says: "Which chats are bridged without being asked for; `bridge` and `join` do any." },
    ),
    spaces: flag({
      says:
        "Whether rooms are put together in spaces: one for each person's login, and one for each server, " +
        "workspace or forum of the network. Where it is turned off, spaces that are there stay as they are.",
      default: true,
    }),
    cleanup_on_logout: cleanupShape,
    relay_note: flag({
      says:
        "Whether the bot tells each person once, in a room of the two, that they are bridged by such " +
        "an account, and how they log in. Only those who may log in are told.",
      default: true,
    }),
    max_age: optional(
      text({
        says:
          "A message that could not be delivered for this long fails visibly instead of arriving " +
          "late. Without it the network's own rule counts.",
        example: "24h",
        pattern: /[1-9]\d{0,5}[smhd]/,
        expects: "a number and s, m, h or d",
      }),
    ),
  },
  { says: "A network." },
);

const homeserver = object(
  {
    address: text({
      says: "Where the box reaches the homeserver's client API.",
      example: "http://localhost:8008",
      pattern: address,
      expects: "an http or https address without name and password",
    }),
    domain: text({
      says: "The homeserver's server_name: the part after the colon in @you:example.com.",
      example: "example.com",
      placeholder: true,
      pattern: /(?:[A-Za-z0-9.-]{1,230}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?/,
      expects: "your server_name here, the part after the colon in @you:server",
    }),
    software: optional(
      choice(["synapse", "dendrite", "conduit"], {
        says: "What it runs, so that `register` prints the lines for it. conduit is the whole family.",
        example: "synapse",
      }),
    ),
  },
  { says: "Your homeserver." },
);

const appservice = object(
  {
    id: text({
      says: "The name of the registration. It must never change, and no other one may have it.",
      default: "bridgebox",
      pattern: /[A-Za-z0-9._-]{1,64}/,
      expects: "letters, digits and . _ -",
    }),
    address: optional(
      text({
        says:
          "Where the homeserver reaches the box. Without it: hostname and port. In containers " +
          "this is the name of the box's container.",
        example: "http://127.0.0.1:29320",
        pattern: address,
        expects: "an http or https address",
      }),
    ),
    public_address: optional(
      text({
        says:
          "Where browsers and the networks' servers reach the box through your proxy, which is to " +
          "pass on /network and /media. Needed for logins on a network's own page, for networks " +
          "that call the box, and for links to files. Without it there are none of these.",
        example: "https://bridge.example.com",
        pattern: address,
        expects: "an http or https address",
      }),
    ),
    hostname: text({
      says: "The address the box listens on. 0.0.0.0 is every one.",
      default: "127.0.0.1",
      pattern: /[A-Za-z0-9.:-]{1,253}/,
      expects: "an IP address or host name",
    }),
    port: integer({ says: "The port the box listens on.", min: 1, max: 65_535, default: 29_320 }),
    bot: object(
      {
        username: text({
          says: "The user name of the bot that people talk to.",
          default: "bridgebox",
          pattern: localpart,
          expects: "small letters, digits and . _ - / + =",
        }),
        displayname: text({ says: "What it is called in rooms.", default: "Bridgebox" }),
      },
      { says: "The box's own user." },
    ),
    admin_token: optional(
      text({
        says:
          "Whoever sends it as a bearer token may use the status API: states, queues and what became " +
          "of each message. Without it there is no status API. `openssl rand -hex 32` makes one.",
        example: "put-64-random-hex-digits-here",
        placeholder: true,
        secret: true,
        pattern: /\S{16,200}/,
        expects: "at least 16 characters without a space",
      }),
    ),
  },
  { says: "How the homeserver reaches the box." },
);

const chat = text({
  says: "A network of this config, a space, and the chat as that network names it.",
  example: "<network> #lobby",
  pattern: /[a-z][a-z0-9-]* +\S.*/,
  expects: "a network, a space and a chat, in quotes because YAML takes # for a comment",
});

const rooms = list(
  object(
    {
      room: text({
        says: "The room, by alias or id.",
        example: "#lobby:example.com",
        pattern: /#[^\s:]+:\S+|![^\s:]+(?::\S+)?/,
        expects: "#alias:server or !id, in quotes because YAML takes # for a comment",
      }),
      chats: list(chat, {
        says: "The chats it is bound to.",
        min: 1,
        example: ["<network> #lobby"],
      }),
    },
    { says: "A room." },
  ),
  {
    says: "Rooms that are bound to chats from here, also to chats on several networks at once.",
    default: [],
    example: [{ room: "#lobby:example.com", chats: ["<network> #lobby"] }],
  },
);

/** Everything but `networks`, whose keys depend on the adapters. */
export const boxFields = {
  homeserver,
  appservice,
  registration: text({
    says: "The file that `register` writes and the homeserver reads. It holds both tokens.",
    default: "registration.yaml",
  }),
  double_puppet: doublePuppet,
  database: object(
    {
      path: text({
        says: "The SQLite file, kept by the box. Not used where there is a uri.",
        default: "bridgebox.db",
      }),
      uri: optional(
        text({
          says:
            "A PostgreSQL database instead of the file, for the box alone: made with " +
            "`createdb --encoding=UTF8 --locale=C --template=template0`. It holds the password, so " +
            "better give it as BRIDGEBOX_DATABASE__URI_FILE.",
          example: "postgres://bridgebox:password@localhost/bridgebox",
          secret: true,
          pattern: /postgres(?:ql)?:\/\/\S+/,
          expects: "postgres://user:password@host:port/database",
        }),
      ),
      key_file: text({
        says:
          "The key that encrypts secrets in the database. Made at the first start. Back it up, and " +
          "not in the same place as the database.",
        default: "bridgebox.key",
      }),
    },
    { says: "Where the box keeps its state. Paths are relative to this file." },
  ),
  permissions: record(choice(levels, { says: "A level." }), {
    says:
      "Who may do what: block or none (nothing), relay (is bridged under the bot's name), commands, user (may log in), " +
      "admin. The keys are *, a server_name or a user id; the most exact one counts. Without this, " +
      "everyone is relayed and the users of homeserver.domain may log in.",
    example: { "*": "relay", "example.com": "user", "@you:example.com": "admin" },
    keys: {
      pattern: /\*|@[^\s:]+:\S+|[A-Za-z0-9.:[\]-]{1,255}/,
      expects: "*, a server_name or a user id such as @you:example.com",
    },
    default: {},
  }),
  rooms,
  status: object(
    {
      receipts: flag({
        says:
          "Whether the bot marks a message as read once it is on every network of its room, so that " +
          "people see how far they were heard.",
        default: true,
      }),
      events: flag({
        says:
          "Whether each message is followed by a com.beeper.message_send_status event, for clients " +
          "that show it. It is one more event a message.",
        default: false,
      }),
      logins: flag({
        says:
          "Whether people are told, in their own room with the bot, that a login of theirs is not " +
          "connected or needs them; of the accounts of the box its admins are told.",
        default: true,
      }),
      endpoint: optional(
        text({
          says:
            "Where the state of the box and of each login is posted to when it changes, as JSON " +
            "(state_event, user_id, remote_id and so on, as other bridges do), with the as_token.",
          example: "https://status.example.com/bridgebox",
          pattern: address,
          expects: "an http or https address",
        }),
      ),
      checkpoints: optional(
        text({
          says:
            "Where it is posted to how far each message of a Matrix user has come (event_id, step, " +
            "status and so on, as other bridges do), with the as_token.",
          example: "https://status.example.com/checkpoints",
          pattern: address,
          expects: "an http or https address",
        }),
      ),
    },
    {
      says:
        "How people see what became of their messages. What fails, is in doubt or waits for long is " +
        "told in the room in any case.",
    },
  ),
  logging: object(
    {
      level: choice(["debug", "info", "warn", "error"], {
        says: "From where on.",
        default: "info",
      }),
      format: choice(["pretty", "json"], {
        says: "pretty for people, json for collectors.",
        default: "pretty",
      }),
    },
    { says: "What the box writes to its standard output. No message text, no secrets." },
  ),
  limits: object(
    {
      queue: integer({
        says: "How many messages of one connection may wait before it is not read further. As many edits, deletes and reactions may wait for a message that has not come.",
        min: 100,
        max: 10_000_000,
        default: 20_000,
      }),
      media: integer({
        says: "The largest file that is bridged, in MiB.",
        min: 1,
        max: 10_000,
        default: 50,
      }),
      logins: integer({
        says: "How many logins one person may have, on all networks together.",
        min: 1,
        max: 10_000,
        default: 20,
      }),
      call: integer({
        says:
          "Seconds after which a call that the homeserver has not answered counts as lost, and is " +
          "looked for before it is made again. A network has twice as long.",
        min: 1,
        max: 600,
        default: 30,
      }),
      roster: integer({
        says:
          "How many remote members come into rooms, or leave them, in a second, all rooms together, " +
          "where members is capped or full. Who says something comes in at once.",
        min: 1,
        max: 1000,
        default: 10,
      }),
    },
    { says: "What one network or person may use up." },
  ),
} as const;

export const boxShape = object(boxFields, { says: "The config of the box." });

export type BoxFile = Shaped<typeof boxShape>;
export type NetworkFile = Shaped<typeof networkShape>;
