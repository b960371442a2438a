import { refusal } from "../http.ts";
import { createUser, wireText } from "../model.ts";
import type { Channel, Post, User, Webhook } from "../model.ts";
import { snowflake } from "../snowflake.ts";
import { changeIn, saidIn } from "./messages.ts";
import { channelOf, on } from "./route.ts";
import type { Ground, Route } from "./route.ts";

/** docs.discord.com/developers/resources/webhook#create-webhook: names that are refused. */
const checkName = (name: string): void => {
  const bad =
    name.trim() === "" || name.length > 80 || /discord|clyde/i.test(name) || /@|#|:|```/.test(name);
  if (!bad && !["everyone", "here", "system message"].includes(name.toLowerCase())) return;
  throw refusal(400, 50_035, "Invalid Form Body", {
    username: { _errors: [{ code: "USERNAME_INVALID", message: "Username cannot be used." }] },
  });
};

const webhookOf = (
  { world }: Ground,
  id: string | undefined,
  token: string | undefined,
): Webhook => {
  const webhook = world.webhooks.get(id ?? "");
  if (webhook === undefined) throw refusal(404, 10_015, "Unknown Webhook");
  if (webhook.token !== token) throw refusal(401, 50_027, "Invalid Webhook Token");
  return webhook;
};

const placeOf = (ground: Ground, webhook: Webhook, thread: string | undefined): Channel => {
  const channel = ground.world.channels.get(thread ?? webhook.channel_id);
  const fits =
    channel !== undefined && (thread === undefined || channel.parent_id === webhook.channel_id);
  if (!fits) throw refusal(404, 10_003, "Unknown Channel");
  if (channel.type === 15)
    throw refusal(
      400,
      220_001,
      "Webhooks posted to forum channels must have a thread_name or thread_id",
    );
  return channel;
};

const sentBy = (
  ground: Ground,
  webhook: Webhook,
  message: string | undefined,
  thread: string | undefined,
): Post => {
  const post = ground.world.posts.get(message ?? "");
  const where = placeOf(ground, webhook, thread);
  if (post?.message["webhook_id"] !== webhook.id || post.channel !== where) {
    throw refusal(404, 10_008, "Unknown Message");
  }
  return post;
};

const guestOf = (webhook: Webhook, name: string, avatar: unknown): User =>
  createUser({
    id: webhook.id,
    username: name,
    discriminator: "0000",
    bot: true,
    avatar: typeof avatar === "string" ? "0123456789abcdef0123456789abcdef" : null,
  });

export const webhookRoutes: readonly Route[] = [
  on("GET", "/channels/:id/webhooks", (ground, [id]) => {
    const channel = channelOf(ground, id);
    ground.world.demand(channel, "manageWebhooks");
    return [...ground.world.webhooks.values()].filter((it) => it.channel_id === channel.id);
  }),
  on("POST", "/channels/:id/webhooks", (ground, [id], { body = {} }) => {
    const { world } = ground;
    const channel = channelOf(ground, id);
    world.demand(channel, "manageWebhooks");
    if (channel.type >= 10 && channel.type <= 12)
      throw refusal(400, 50_024, "Cannot execute action on this channel type");
    const name = String(body["name"]);
    checkName(name);
    const webhook: Webhook = {
      id: snowflake(),
      type: 1,
      guild_id: channel.guild_id,
      channel_id: channel.id,
      name,
      avatar: null,
      token: `whtoken${snowflake()}`,
      application_id: world.bot.id,
      user: world.bot,
    };
    world.webhooks.set(webhook.id, webhook);
    return webhook;
  }),
  on("POST", "/webhooks/:id/:token", (ground, [id, token], call) => {
    const webhook = webhookOf(ground, id, token);
    const channel = placeOf(ground, webhook, call.query["thread_id"]);
    const { body = {} } = call;
    const name = body["username"] === undefined ? webhook.name : wireText(body["username"]);
    checkName(name);
    const author = guestOf(webhook, name, body["avatar_url"]);
    const post = ground.world.post(channel, author, { ...saidIn(call), webhook });
    return call.query["wait"] === "true" ? ground.world.shown(post) : undefined;
  }),
  on("PATCH", "/webhooks/:id/:token/messages/:message", (ground, [id, token, message], call) => {
    const post = sentBy(ground, webhookOf(ground, id, token), message, call.query["thread_id"]);
    ground.world.amend(post, changeIn(call, post, ground.world));
    return ground.world.shown(post);
  }),
  on("DELETE", "/webhooks/:id/:token/messages/:message", (ground, [id, token, message], call) => {
    ground.world.erase(
      sentBy(ground, webhookOf(ground, id, token), message, call.query["thread_id"]),
    );
  }),
];
