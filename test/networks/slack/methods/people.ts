import { SlackError } from "../model.ts";
import { revoke } from "../apps.ts";
import { authorization } from "../feed.ts";
import { callerOf, metadata, page } from "./method.ts";
import type { Methods } from "./method.ts";
import type { User, WireObject } from "../model.ts";
import type { World } from "../world.ts";

/** Who one is, who others are, and how one comes in. */
export const peopleMethods: Methods = {
  "auth.test": (_args, { world, token }) => ({
    url: `https://${world.team.domain}.slack.com/`,
    team: world.team.name,
    team_id: world.team.id,
    user: token.user?.name ?? "",
    user_id: token.user?.id ?? "",
    ...(token.user?.botId === undefined ? {} : { bot_id: token.user.botId }),
    is_enterprise_install: false,
  }),
  "auth.revoke": (_args, { feed, token }) => {
    revoke(feed, token);
    return { revoked: true };
  },
  "oauth.v2.access": (args, { world }) => {
    const granted = world.codes.get(args["code"] ?? "");
    world.codes.delete(args["code"] ?? "");
    const app = world.apps.find((one) => one.clientId === args["client_id"]);
    if (!granted || granted.app !== app) throw new SlackError("invalid_code");
    if (app.clientSecret !== args["client_secret"]) throw new SlackError("bad_client_secret");
    const scopes = granted.scopes.split(",");
    const token = world.addToken("user", { app, user: granted.user, scopes });
    return {
      app_id: app.id,
      team: { id: world.team.id, name: world.team.name },
      enterprise: null,
      is_enterprise_install: false,
      authed_user: {
        id: granted.user.id,
        scope: granted.scopes,
        access_token: token.text,
        token_type: "user",
      },
    };
  },
  "apps.connections.open": (_args, { token, base }) => {
    if (token.kind !== "app" || !token.app) throw new SlackError("not_allowed_token_type");
    return { url: `${base.replace("http", "ws")}/link?app_id=${token.app.id}` };
  },
  "apps.event.authorizations.list": (args, { world, token, feed }) => {
    if (token.kind !== "app") throw new SlackError("not_allowed_token_type");
    const tokens = feed.contexts.get(args["event_context"] ?? "");
    if (!tokens) throw new SlackError("invalid_event_context");
    return { authorizations: tokens.map((each) => authorization(world, each)), ...metadata("") };
  },
  "rtm.connect": (args, context) => {
    if (context.token.kind !== "session") throw new SlackError("not_allowed_token_type");
    if (args["batch_presence_aware"] !== "true") throw new SlackError("invalid_arguments");
    const user = callerOf(context);
    return {
      url: `${context.base.replace("http", "ws")}/rtm?user=${user.id}`,
      self: { id: user.id, name: user.name },
      team: { ...context.world.team },
    };
  },
  "users.info": (args, { world, views }) => ({ user: views.user(world.user(args["user"])) }),
  "users.list": (args, context) => {
    const { items, next } = page([...context.world.users.values()], args, context.pageSize);
    return { members: items.map((one) => context.views.user(one)), cache_ts: 1, ...metadata(next) };
  },
  "users.getPresence": (args, { world }) => ({ presence: world.user(args["user"]).presence }),
  "users.setPresence": (args, context) => {
    const user = callerOf(context);
    user.presence = args["presence"] === "away" ? "away" : "active";
    context.feed.presence(user);
    return {};
  },
  "bots.info": (args, { world, base }) => {
    const user = [...world.users.values()].find(({ botId }) => botId === args["bot"]);
    if (!user?.botId) throw new SlackError("bot_not_found");
    return {
      bot: {
        id: user.botId,
        deleted: false,
        name: user.name,
        updated: 1,
        app_id: world.appOf(user),
        user_id: user.id,
        icons: iconsOf(user, base),
      },
    };
  },
  "usergroups.list": (_args, { world }) => ({
    usergroups: [...world.groups].map(([id, handle]) => groupOf(world, { id, handle })),
  }),
  "team.info": (_args, { world }) => ({
    team: { ...world.team, email_domain: "", icon: { image_default: true } },
  }),
  "emoji.list": (_args, { world }) => ({
    emoji: Object.fromEntries(world.emoji),
    cache_ts: "1",
  }),
};

/** Slack shows a picture of its own for whoever has none. */
const iconsOf = ({ image }: User, base: string): WireObject => {
  const picture = image === "" ? `${base}/avatar/bot.png` : image;
  return { image_36: picture, image_48: picture, image_72: picture };
};

const groupOf = (
  { team, users }: World,
  { id, handle }: { readonly id: string; readonly handle: string },
): WireObject => {
  const [maker] = users.keys();
  return {
    id,
    team_id: team.id,
    is_usergroup: true,
    is_subteam: true,
    name: handle,
    description: "",
    handle,
    is_external: false,
    date_create: 1_700_000_000,
    date_update: 1_700_000_000,
    date_delete: 0,
    auto_type: null,
    auto_provision: false,
    enterprise_subteam_id: "",
    created_by: maker ?? "USLACKBOT",
    updated_by: maker ?? "USLACKBOT",
    deleted_by: null,
    prefs: { channels: [], groups: [] },
  };
};
