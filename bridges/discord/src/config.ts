import { flag, list, object, optional, schema, text } from "@bridgebox/core/adapter";
import type { Problem, Shaped } from "@bridgebox/core/adapter";

const isUrl = (value: string): boolean => URL.canParse(value) && /^https?:/.test(value);

/** The id of the bot that a token belongs to: its first piece, in base64. */
export const botIn = (token: string): string | undefined => {
  const id = Buffer.from(token.split(".")[0] ?? "", "base64").toString("utf8");
  return /^\d{15,20}$/.test(id) ? id : undefined;
};

const token = text({
  says: "A bot's token, from https://discord.com/developers/applications, page Bot.",
  example: "MTk4NjIyNDgzNDcxOTI1MjQ4.G1abcd.0123456789abcdefghijklmnopqrstuvwxyz01",
  secret: true,
  pattern: /[\w-]{18,40}\.[\w-]{4,10}\.[\w-]{20,60}/,
  expects: "a bot token",
  max: 200,
});

const wrongToken = (given: string | undefined): readonly Problem[] =>
  given !== undefined && botIn(given) === undefined
    ? [{ path: ["token"], says: "is not a bot token. Copy it whole, without the word Bot." }]
    : [];

const shape = object(
  {
    token: optional(token),
    member_list: flag({
      says: "Ask Discord who is in a server. Needs the Server Members Intent of the bot.",
      default: true,
    }),
    presence: flag({
      says: "Show who is there, away or gone on Discord. Needs the Presence Intent of the bot.",
      default: false,
    }),
    server: optional(
      object(
        {
          api: text({ says: "The address of its API.", example: "https://discord.com/api" }),
          media: list(text({ says: "A host.", example: "cdn.discordapp.com", max: 255 }), {
            says: "Hosts, with ports, that files may be fetched from.",
            default: [],
          }),
        },
        {
          says: "A test server in place of Discord's own.",
          check: ({ api }): readonly Problem[] =>
            isUrl(api) ? [] : [{ path: ["api"], says: "is not a web address." }],
        },
      ),
    ),
  },
  { says: "Discord, by a bot.", check: ({ token: given }) => wrongToken(given) },
);

export type DiscordConfig = Shaped<typeof shape>;

export const configSchema = schema({ version: 1, shape });

const account = object(
  { token },
  { says: "What a login is made of.", check: ({ token: given }) => wrongToken(given) },
);

export type DiscordAccount = Shaped<typeof account>;

export const accountSchema = schema({ version: 1, shape: account });

/** docs.discord.com/developers/reference#image-formatting-cdn-endpoints */
export const cdn = "https://cdn.discordapp.com";

const own: readonly string[] = ["cdn.discordapp.com", "media.discordapp.net"];

/** Where files may be fetched from, and nowhere else. */
export const mediaHosts = ({ server }: DiscordConfig): readonly string[] => server?.media ?? own;

/** Where Discord's pictures are: stickers that are GIFs at another host than all others. */
export interface Pictures {
  readonly cdn: string;
  readonly gifStickers: string;
}

/** docs.discord.com/developers/reference#image-formatting */
export const picturesOf = ({ server }: DiscordConfig): Pictures => {
  const own = server && new URL(server.api).origin;
  return { cdn: own ?? cdn, gifStickers: own ?? "https://media.discordapp.net" };
};
