import type {
  ConversationsHistoryResponse,
  ConversationsInfoResponse,
  FilesInfoResponse,
  UsersInfoResponse,
} from "@slack/web-api";
import { isWireObject } from "./model.ts";
import type { Channel, Huddle, Post, Upload, User, Wire, WireObject } from "./model.ts";
import type { World } from "./world.ts";

/** As Slack's own client library has them, so that the compiler judges what is sent to it. */
type UserAnswer = NonNullable<UsersInfoResponse["user"]>;
type ChannelAnswer = NonNullable<ConversationsInfoResponse["channel"]>;
/** The library has width and height as texts, Slack's documentation has them as numbers. */
type FileAnswer = Omit<NonNullable<FilesInfoResponse["file"]>, "original_w" | "original_h"> & {
  original_w?: number;
  original_h?: number;
};
type PostAnswer = NonNullable<ConversationsHistoryResponse["messages"]>[number];

/** What is JSON of a stranger's (blocks, attachments, messages in messages) is not judged. */
type Told<T> = {
  [K in keyof T]?: K extends "blocks" | "attachments" | "files" | "metadata" | "latest"
    ? unknown
    : T[K];
};

const numbered = (attachments: readonly Wire[]): readonly Wire[] =>
  attachments.map((each, index) => (isWireObject(each) ? { id: index + 1, ...each } : each));

/** How things look over the wire. */
export interface Views {
  user(user: User): WireObject;
  channel(channel: Channel, viewer: User | undefined): WireObject;
  /** With the metadata only where it was asked for. */
  post(post: Post, options?: { readonly metadata?: boolean }): WireObject;
  file(file: Upload): WireObject;
}

export const viewsOf = (world: World, base: () => string): Views => {
  const user = (one: User): WireObject => {
    const answer = {
      id: one.id,
      team_id: world.team.id,
      name: one.name,
      deleted: one.deleted,
      real_name: one.realName,
      is_bot: one.botId !== undefined,
      is_app_user: false,
      is_admin: one.rank !== "member",
      is_owner: one.rank === "owner",
      is_primary_owner: false,
      updated: 1_700_000_000,
      profile: {
        real_name: one.realName,
        real_name_normalized: one.realName,
        display_name: one.displayName,
        display_name_normalized: one.displayName,
        avatar_hash: one.image === "" ? "" : "g0123456789a",
        title: "",
        phone: "",
        skype: "",
        status_text: one.status?.text ?? "",
        status_emoji: one.status?.emoji ?? "",
        ...(one.status === undefined ? {} : { status_expiration: one.status.until }),
        ...(one.image === "" ? {} : { image_72: one.image, image_192: one.image }),
        ...(one.botId === undefined ? {} : { bot_id: one.botId, api_app_id: world.appOf(one) }),
        team: world.team.id,
      },
    } satisfies UserAnswer;
    return answer;
  };

  const file = (one: Upload): WireObject => {
    if (one.deleted) return { id: one.id, mode: "tombstone" };
    const place = `${base()}/files-pri/${world.team.id}-${one.id}`;
    const answer = {
      id: one.id,
      created: 1_700_000_000,
      timestamp: 1_700_000_000,
      name: one.name,
      title: one.title,
      mimetype: one.mime,
      filetype: one.name.split(".").at(-1) ?? "",
      pretty_type: one.mime,
      user: one.owner.id,
      size: one.size,
      mode: "hosted",
      is_external: false,
      external_type: "",
      is_public: true,
      url_private: one.url ?? `${place}/${encodeURIComponent(one.name)}`,
      url_private_download: one.url ?? `${place}/download/${encodeURIComponent(one.name)}`,
      permalink: `https://${world.team.domain}.slack.com/files/${one.owner.id}/${one.id}/x`,
      ...(one.clip === undefined
        ? {}
        : {
            subtype: "slack_audio",
            duration_ms: one.clip.duration,
            audio_wave_samples: [...one.clip.waves],
          }),
      ...(one.width === undefined || one.height === undefined
        ? {}
        : { original_w: one.width, original_h: one.height }),
    } satisfies FileAnswer;
    return answer;
  };

  const huddleOf = ({ id, by, start, end, missed }: Huddle) => ({
    user: "USLACKBOT",
    no_notifications: true,
    permalink: `https://${world.team.domain}.slack.com/call/${id}`,
    room: {
      id,
      created_by: by.id,
      date_start: start,
      date_end: end,
      has_ended: end > 0,
      was_missed: missed,
      call_family: "huddle",
    },
  });

  const replies = (channel: Channel | undefined, root: string): readonly Post[] =>
    channel?.posts.filter((one) => one.threadTs === root && one.ts !== root) ?? [];

  const usersOf = (answers: readonly Post[]): { readonly reply_users?: string[] } => {
    const ids = new Set(answers.flatMap(({ user }) => (user ? [user.id] : [])));
    return ids.size === 0 ? {} : { reply_users: [...ids] };
  };

  const post = (one: Post, options: { readonly metadata?: boolean } = {}): WireObject => {
    const channel = [...world.channels.values()].find(({ posts }) => posts.includes(one));
    const answers = replies(channel, one.ts);
    const root = channel?.posts.find(({ ts }) => ts === one.threadTs);
    const answer = {
      type: "message",
      ts: one.ts,
      text: one.text,
      team: world.team.id,
      ...(one.subtype === undefined ? {} : { subtype: one.subtype }),
      ...(one.user === undefined ? {} : { user: one.user.id }),
      ...(one.botId === undefined ? {} : { bot_id: one.botId }),
      ...(one.appId === undefined ? {} : { app_id: one.appId }),
      ...(one.username === undefined ? {} : { username: one.username }),
      ...(one.icon === undefined ? {} : { icons: { image_48: one.icon } }),
      ...(one.topic === undefined ? {} : { topic: one.topic }),
      ...(one.purpose === undefined ? {} : { purpose: one.purpose }),
      ...(one.room === undefined ? {} : huddleOf(one.room)),
      ...(one.clientMsgId === undefined ? {} : { client_msg_id: one.clientMsgId }),
      ...(one.blocks === undefined ? {} : { blocks: one.blocks }),
      ...(one.attachments === undefined ? {} : { attachments: numbered(one.attachments) }),
      ...(one.files.length === 0 ? {} : { files: one.files.map(file), upload: true }),
      ...(one.edited === undefined ? {} : { edited: one.edited }),
      ...(options.metadata === true && one.metadata !== undefined
        ? { metadata: one.metadata }
        : {}),
      ...(one.threadTs === undefined
        ? {}
        : {
            thread_ts: one.threadTs,
            ...(root?.user && root !== one ? { parent_user_id: root.user.id } : {}),
          }),
      ...(answers.length === 0
        ? {}
        : {
            thread_ts: one.ts,
            reply_count: answers.length,
            latest_reply: answers.at(-1)?.ts ?? "",
            ...usersOf(answers),
          }),
      ...(one.reactions.length === 0
        ? {}
        : {
            reactions: one.reactions.map(({ name, users }) => ({
              name,
              users: users.map(({ id }) => id),
              count: users.length,
            })),
          }),
    } satisfies Told<PostAnswer>;
    return answer;
  };

  // Slackbot makes what nobody has made.
  const creatorOf = ({ creator }: Channel): string => creator?.id ?? "USLACKBOT";

  const channel = (one: Channel, viewer: User | undefined): WireObject => {
    const other = [...one.members].find((each) => each !== viewer);
    const latest = one.posts.at(-1);
    const answer = {
      id: one.id,
      created: one.created,
      updated: one.updated,
      is_archived: one.archived,
      is_org_shared: false,
      context_team_id: world.team.id,
      ...(one.kind === "im"
        ? { is_im: true, user: other?.id ?? viewer?.id ?? "", priority: 0 }
        : {
            name: one.name,
            name_normalized: one.name,
            is_channel: one.kind !== "mpim",
            is_group: false,
            is_general: false,
            is_shared: false,
            is_im: false,
            is_mpim: one.kind === "mpim",
            is_private: one.kind !== "public",
            is_member: viewer !== undefined && one.members.has(viewer),
            creator: creatorOf(one),
            topic: { value: one.topic, creator: creatorOf(one), last_set: 0 },
            purpose: { value: one.purpose, creator: creatorOf(one), last_set: 0 },
          }),
      ...(latest && one.kind === "im" ? { latest: post(latest) } : {}),
    } satisfies Told<ChannelAnswer>;
    return answer;
  };

  return { user, channel, post, file };
};
