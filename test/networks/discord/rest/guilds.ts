import { Answer, refusal } from "../http.ts";
import { createChannel, createThread, wireText } from "../model.ts";
import type { Channel, Guild, Overwrite, User, Wire } from "../model.ts";
import { byId, snowflake } from "../snowflake.ts";
import { channelOf, guildOf, on } from "./route.ts";
import type { Ground, Route } from "./route.ts";

const isThread = ({ type }: Channel): boolean => type >= 10 && type <= 12;

const membersOf = (guild: Guild, from: (user: User) => boolean, limit: number): readonly Wire[] =>
  [...guild.members.values()]
    .filter(({ user }) => from(user))
    .sort((a, b) => (BigInt(a.user.id) < BigInt(b.user.id) ? -1 : 1))
    .slice(0, limit);

const application = ({ world, uses, applicationFlags }: Ground): Wire => ({
  id: world.bot.id,
  name: "bridge",
  icon: null,
  description: "",
  type: null,
  verify_key: "0".repeat(64),
  flags: applicationFlags(),
  flags_new: String(applicationFlags()),
  redirect_uris: [],
  interactions_endpoint_url: uses.endpoint,
  role_connections_verification_url: null,
  owner: owner,
  approximate_guild_count: world.guilds.size,
  approximate_user_install_count: 0,
  approximate_user_authorization_count: 0,
  explicit_content_filter: 0,
  team: null,
  eligible_oauth2_scopes: [],
});

const owner = {
  id: snowflake(),
  username: "owner",
  discriminator: "0",
  global_name: null,
  avatar: null,
  public_flags: 0,
  flags: 0,
  primary_guild: null,
};

/** As they are asked for, in the form in which they are told. */
const overwritesIn = (given: unknown): Overwrite[] =>
  (Array.isArray(given) ? given : []).map((one: Wire) => ({
    id: wireText(one["id"]),
    type: one["type"] === 1 ? 1 : 0,
    allow: String(Number(one["allow"] ?? 0)),
    deny: String(Number(one["deny"] ?? 0)),
  }));

export const guildRoutes: readonly Route[] = [
  on("GET", "/gateway/bot", ({ gatewayUrl }) => ({
    url: gatewayUrl(),
    shards: 1,
    session_start_limit: { total: 1000, remaining: 1000, reset_after: 0, max_concurrency: 1 },
  })),
  on("GET", "/applications/@me", (ground) => application(ground)),
  on("GET", "/users/@me", ({ world }) => ({ ...world.bot, mfa_enabled: false, locale: "en-US" })),
  on("GET", "/users/@me/guilds", ({ world }, _at, { query }) =>
    [...world.guilds.values()]
      .filter(({ id }) => BigInt(id) > BigInt(query["after"] ?? 0))
      .sort((a, b) => byId(a, b))
      .slice(0, Number(query["limit"] ?? 200))
      .map(({ id, wire }) => ({
        id,
        name: wire.name,
        icon: null,
        banner: null,
        owner: false,
        permissions: "0",
        features: [],
      })),
  ),
  on("POST", "/users/@me/channels", ({ world }, _at, { body = {} }) => {
    const user = world.users.get(String(body["recipient_id"]));
    if (user === undefined) throw refusal(400, 50_033, "Invalid Recipient(s)");
    return world.direct(user);
  }),
  on("GET", "/users/:id", ({ world }, [id]) => {
    const user = world.users.get(id ?? "");
    if (user === undefined) throw refusal(404, 10_013, "Unknown User");
    return user;
  }),
  on("GET", "/channels/:id", (ground, [id]) => channelOf(ground, id)),
  on("PATCH", "/channels/:id", (ground, [id], { body = {} }) => {
    const channel = channelOf(ground, id);
    ground.world.demand(channel, "manageChannels");
    ground.world.change(channel, body);
    return channel;
  }),
  on("PUT", "/channels/:id/permissions/:overwrite", (ground, [id, overwrite], { body = {} }) => {
    const channel = channelOf(ground, id);
    ground.world.demand(channel, "manageRoles");
    const others = (channel.permission_overwrites ?? []).filter((it) => it.id !== overwrite);
    const type = body["type"] === 1 ? 1 : 0;
    const [allow, deny] = [wireText(body["allow"]) || "0", wireText(body["deny"]) || "0"];
    const permission_overwrites = [...others, { id: overwrite ?? "", type, allow, deny }];
    ground.world.change(channel, { permission_overwrites });
  }),
  on("DELETE", "/channels/:id/permissions/:overwrite", (ground, [id, overwrite]) => {
    const channel = channelOf(ground, id);
    ground.world.demand(channel, "manageRoles");
    const others = (channel.permission_overwrites ?? []).filter((it) => it.id !== overwrite);
    ground.world.change(channel, { permission_overwrites: others });
  }),
  on("POST", "/guilds/:id/channels", (ground, [id], { body = {} }) => {
    const guild = guildOf(ground, id);
    ground.world.demandIn(guild, "manageChannels");
    const channel = createChannel(guild, {
      name: wireText(body["name"]),
      permission_overwrites: overwritesIn(body["permission_overwrites"]),
    });
    ground.world.open(channel);
    return new Answer(201, channel);
  }),
  on("GET", "/guilds/:id/emojis", (ground, [id]) => guildOf(ground, id).wire["emojis"]),
  on("POST", "/channels/:id/threads", (ground, [id], { body = {} }) => {
    const parent = channelOf(ground, id);
    const thread = createThread(parent, ground.world.bot, { name: String(body["name"]) });
    ground.world.open(thread);
    return thread;
  }),
  on("PUT", "/channels/:id/thread-members/@me", (ground, [id]) => void channelOf(ground, id)),
  on("GET", "/guilds/:id", (ground, [id]) => guildOf(ground, id).wire),
  on("GET", "/guilds/:id/channels", (ground, [id]) =>
    [...guildOf(ground, id).channels.values()].filter((it) => !isThread(it)),
  ),
  on("GET", "/guilds/:id/roles", (ground, [id]) => guildOf(ground, id).wire.roles),
  on("GET", "/guilds/:id/threads/active", (ground, [id]) => ({
    threads: [...guildOf(ground, id).channels.values()].filter(isThread),
    members: [],
    has_more: false,
  })),
  on("GET", "/guilds/:id/members", (ground, [id], { query }) => {
    const after = BigInt(query["after"] ?? 0);
    return membersOf(
      guildOf(ground, id),
      (user) => BigInt(user.id) > after,
      Number(query["limit"] ?? 1),
    );
  }),
  on("GET", "/guilds/:id/members/search", (ground, [id], { query }) => {
    const start = (query["query"] ?? "").toLowerCase();
    const fits = (user: User) => user.username.toLowerCase().startsWith(start);
    return membersOf(guildOf(ground, id), fits, Number(query["limit"] ?? 1));
  }),
  on("GET", "/guilds/:id/members/:user", (ground, [id, user]) => {
    const member = guildOf(ground, id).members.get(user ?? "");
    if (member === undefined) throw refusal(404, 10_007, "Unknown Member");
    return member;
  }),
];
