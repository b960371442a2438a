import type { Call } from "../http.ts";
import { refusal } from "../http.ts";
import { wireText } from "../model.ts";
import type { Message, Post, User, Wire } from "../model.ts";
import { byId } from "../snowflake.ts";
import type { Said, World } from "../world.ts";
import { channelOf, on, postOf } from "./route.ts";
import type { Ground, Route } from "./route.ts";

const longest = 2000;
/** Beyond this a nonce is forgotten. */
const nonceFor = 5 * 60_000;

/** The parts of a body that sending, by bot or webhook, has in common. */
export const saidIn = ({ body = {}, files }: Call): Said => {
  const content = wireText(body["content"]);
  if (content.length > longest) {
    throw refusal(400, 50_035, "Invalid Form Body", {
      content: {
        _errors: [{ code: "BASE_TYPE_MAX_LENGTH", message: "Must be 2000 or fewer in length." }],
      },
    });
  }
  const poll = body["poll"] as Wire | undefined;
  if (
    content.trim() === "" &&
    files.length === 0 &&
    !poll &&
    !body["embeds"] &&
    !body["sticker_ids"]
  ) {
    throw refusal(400, 50_006, "Cannot send an empty message");
  }
  return {
    content,
    files,
    described: (body["attachments"] ?? []) as Wire[],
    allowed: body["allowed_mentions"] as Wire | undefined,
    flags: Number(body["flags"] ?? 0),
    ...(body["embeds"] ? { embeds: body["embeds"] as Wire[] } : {}),
    ...(poll ? { poll: openPoll(poll) } : {}),
  };
};

/** A poll as the API shows it, from how it is asked for. */
export const openPoll = (poll: Wire): Wire => ({
  question: poll["question"],
  answers: (poll["answers"] as Wire[]).map((it, at) => ({
    answer_id: at + 1,
    poll_media: it["poll_media"],
  })),
  expiry: new Date(Date.now() + Number(poll["duration"] ?? 24) * 3_600_000).toISOString(),
  allow_multiselect: poll["allow_multiselect"] === true,
  layout_type: 1,
  results: { is_finalized: false, answer_counts: [] },
});

/** What an edit changes; what it does not name stays. */
export const changeIn = (call: Call, post: Post, world: World): Partial<Message> => {
  const { body = {} } = call;
  const content = body["content"];
  if (wireText(content).length > longest) throw refusal(400, 50_035, "Invalid Form Body");
  const kept = body["attachments"] as Wire[] | undefined;
  const attachments =
    kept === undefined
      ? undefined
      : post.message.attachments.filter((it) => kept.some((one) => one["id"] === it["id"]));
  const added = call.files.length > 0 ? world.upload(post.channel, call.files, kept ?? []) : [];
  return {
    ...(content === undefined ? {} : { content: wireText(content).trim() }),
    ...(attachments === undefined && added.length === 0
      ? {}
      : { attachments: [...(attachments ?? post.message.attachments), ...added] }),
  };
};

const emojiIn = (path: string | undefined): string => {
  const key = decodeURIComponent(path ?? "");
  if (/^\p{RGI_Emoji}$|^\w+:\d+$/v.test(key)) return key;
  throw refusal(400, 10_014, "Unknown Emoji");
};

/** One page of people, in the order of their ids. */
const usersOf = (
  { world }: Ground,
  ids: ReadonlySet<string> = new Set(),
  { after = "0", limit = "25" }: Readonly<Record<string, string>>,
): readonly User[] =>
  [...ids]
    .flatMap((id) => world.users.get(id) ?? [])
    .filter(({ id }) => BigInt(id) > BigInt(after))
    .sort(byId)
    .slice(0, Number(limit));

export const messageRoutes: readonly Route[] = [
  on("GET", "/channels/:id/messages", (ground, [id], { query }) => {
    const channel = channelOf(ground, id);
    ground.world.demand(channel, "readMessageHistory");
    return ground.world.list(channel, query);
  }),
  on("GET", "/channels/:id/messages/pins", (ground, [id], { query }) => {
    const limit = Number(query["limit"] ?? 50);
    const { before } = query;
    const all = ground.world
      .pinned(channelOf(ground, id))
      .filter(({ pinnedAt = "" }) => before === undefined || pinnedAt < before);
    return {
      items: all
        .slice(0, limit)
        .map((post) => ({ pinned_at: post.pinnedAt, message: ground.world.shown(post) })),
      has_more: all.length > limit,
    };
  }),
  on("PUT", "/channels/:id/messages/pins/:message", (ground, [id, message]) => {
    const post = postOf(ground, id, message);
    ground.world.demand(post.channel, "pinMessages");
    ground.world.pin(post, true);
  }),
  on("DELETE", "/channels/:id/messages/pins/:message", (ground, [id, message]) => {
    const post = postOf(ground, id, message);
    ground.world.demand(post.channel, "pinMessages");
    ground.world.pin(post, false);
  }),
  on("GET", "/channels/:id/messages/:message", (ground, [id, message]) =>
    ground.world.shown(postOf(ground, id, message)),
  ),
  on("POST", "/channels/:id/messages", (ground, [id], call) => {
    const { world } = ground;
    const channel = channelOf(ground, id);
    world.demand(
      channel,
      channel.type >= 10 && channel.type <= 12 ? "sendMessagesInThreads" : "sendMessages",
    );
    if (call.files.length > 0) world.demand(channel, "attachFiles");
    const { body = {} } = call;
    const nonce = body["nonce"] === undefined ? undefined : wireText(body["nonce"]);
    if (nonce !== undefined && body["enforce_nonce"] === true) {
      const before = world
        .history(channel)
        .find(
          ({ message }) =>
            message["nonce"] === nonce && Date.parse(message.timestamp) > Date.now() - nonceFor,
        );
      if (before) return world.shown(before);
    }
    const reference = body["message_reference"] as Wire | undefined;
    if (reference?.["fail_if_not_exists"] !== false && reference !== undefined) {
      if (!world.posts.has(String(reference["message_id"]))) {
        throw refusal(400, 50_035, "Invalid Form Body", {
          message_reference: {
            _errors: [{ code: "REPLIES_UNKNOWN_MESSAGE", message: "Unknown message" }],
          },
        });
      }
    }
    const { fail_if_not_exists: _fail, ...cited } = reference ?? {};
    const cites = world.posts.has(String(cited["message_id"]));
    const post = world.post(channel, world.bot, {
      ...saidIn(call),
      ...(nonce === undefined ? {} : { nonce }),
      ...(cites ? { reference: cited } : {}),
    });
    return world.shown(post);
  }),
  on("PATCH", "/channels/:id/messages/:message", (ground, [id, message], call) => {
    const post = postOf(ground, id, message);
    if (post.message.author.id !== ground.world.bot.id) {
      throw refusal(403, 50_005, "Cannot edit a message authored by another user");
    }
    ground.world.amend(post, changeIn(call, post, ground.world));
    return ground.world.shown(post);
  }),
  on("DELETE", "/channels/:id/messages/:message", (ground, [id, message]) => {
    const post = postOf(ground, id, message);
    if (post.message.author.id !== ground.world.bot.id)
      ground.world.demand(post.channel, "manageMessages");
    ground.world.erase(post);
  }),
  on(
    "PUT",
    "/channels/:id/messages/:message/reactions/:emoji/@me",
    (ground, [id, message, emoji]) => {
      const post = postOf(ground, id, message);
      ground.world.demand(post.channel, "readMessageHistory", "addReactions");
      const key = emojiIn(emoji);
      ground.world.react(post, ground.world.bot, key);
    },
  ),
  on(
    "DELETE",
    "/channels/:id/messages/:message/reactions/:emoji/@me",
    (ground, [id, message, emoji]) => {
      ground.world.react(postOf(ground, id, message), ground.world.bot, emojiIn(emoji), false);
    },
  ),
  on(
    "GET",
    "/channels/:id/messages/:message/reactions/:emoji",
    (ground, [id, message, emoji], { query }) => {
      const post = postOf(ground, id, message);
      const kind = query["type"] === "1" ? post.bursts : post.reactions;
      return usersOf(ground, kind.get(emojiIn(emoji)), query);
    },
  ),
  on(
    "GET",
    "/channels/:id/polls/:message/answers/:answer",
    (ground, [id, message, answer], { query }) => ({
      users: usersOf(ground, postOf(ground, id, message).votes.get(Number(answer)), query),
    }),
  ),
  on("POST", "/channels/:id/polls/:message/expire", (ground, [id, message]) => {
    const post = postOf(ground, id, message);
    if (post.message.author.id !== ground.world.bot.id)
      throw refusal(403, 50_005, "Cannot expire a poll of another user");
    ground.world.endPoll(post);
    return ground.world.shown(post);
  }),
  on("POST", "/channels/:id/typing", (ground, [id]) => {
    const channel = channelOf(ground, id);
    ground.world.demand(channel, "sendMessages");
    ground.typed(channel);
  }),
];
