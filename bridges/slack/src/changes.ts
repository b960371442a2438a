import {
  BridgeError,
  type Attempt,
  type ChatInfo,
  type ChatRef,
  type LoginId,
  type MadeChat,
  type Member,
  type MessageId,
  type UserId,
} from "@bridgebox/core/adapter";
import { conversationIn } from "./api/answers.ts";
import { objectIn } from "./api/shapes.ts";
import type { Api } from "./api/web.ts";
import { nameOf } from "./emoji.ts";
import { isRefusal, slackCode } from "./errors.ts";
import { chatRef, isConversation, isDirect, momentOf } from "./ids.ts";

/** Private channels are entered by invitation only; whoever is in one is in it. */
export const join = async (api: Api, chat: ChatRef, signal: AbortSignal): Promise<void> => {
  if (isDirect(chat.id)) return;
  try {
    await api.call(
      "conversations.join",
      { channel: chat.id },
      { what: "The channel was not entered", signal },
    );
  } catch (error) {
    const code = slackCode(error);
    if (code === "method_not_supported_for_channel_type" || code === "missing_scope") {
      const what = "The channel was not entered";
      const answer = await api.call("conversations.info", { channel: chat.id }, { what, signal });
      const channel = objectIn(answer, "channel");
      if (channel?.["is_member"] === true || channel?.["is_mpim"] === true) return;
    }
    throw error;
  }
};

export const react = async (
  api: Api,
  {
    chat,
    id,
    emoji,
    on,
  }: {
    readonly chat: ChatRef;
    readonly id: MessageId;
    readonly emoji: string;
    readonly on: boolean;
  },
  signal: AbortSignal,
): Promise<void> => {
  const what = on ? "The reaction was not set" : "The reaction was not taken back";
  const name = nameOf(emoji) ?? /^:([^:\s]+(?:::skin-tone-[2-6])?):$/u.exec(emoji)?.[1];
  if (name === undefined)
    throw new BridgeError("unsupported", `${what}: Slack has no emoji like it.`, {
      reached: "no",
      scope: "item",
    });
  const method = on ? "reactions.add" : "reactions.remove";
  const timestamp = momentOf(id, what);
  try {
    await api.call(method, { channel: chat.id, timestamp, name }, { what, signal });
  } catch (error) {
    const done = on ? "already_reacted" : "no_reaction";
    if (slackCode(error) !== done) throw error;
  }
};

export const setPin = async (
  api: Api,
  { chat, id, on }: { readonly chat: ChatRef; readonly id: MessageId; readonly on: boolean },
  signal: AbortSignal,
): Promise<void> => {
  const what = on ? "The message was not pinned" : "The message was not unpinned";
  const method = on ? "pins.add" : "pins.remove";
  const timestamp = momentOf(id, what);
  try {
    await api.call(method, { channel: chat.id, timestamp }, { what, signal });
  } catch (error) {
    if (slackCode(error) !== (on ? "already_pinned" : "no_pin")) throw error;
  }
};

export const setInfo = async (
  api: Api,
  {
    chat,
    name,
    topic,
  }: { readonly chat: ChatRef; readonly name?: string; readonly topic?: string },
  signal: AbortSignal,
): Promise<void> => {
  const channel = chat.id;
  if (topic !== undefined) {
    const asking = { what: "The topic was not changed", signal };
    await api.call("conversations.setTopic", { channel, topic: topic.slice(0, 250) }, asking);
  }
  if (name !== undefined) {
    const asking = { what: "The channel was not renamed", signal };
    await api.call("conversations.rename", { channel, name: channelName(name) }, asking);
  }
};

/** docs.slack.dev/reference/methods/conversations.rename: what a channel may be called. */
const channelName = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_-]+/gu, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 80);

const ofWorkspace =
  "Their role was not changed: a role of Slack's is for a whole workspace, not for one channel. Its owners change it in the workspace's settings.";

/** Somebody is invited or taken out; who is there, or not, is so already. Slack has no bans to lift. */
export const setMember = async (
  api: Api,
  { chat, change }: { readonly chat: ChatRef; readonly change: Member },
  signal: AbortSignal,
): Promise<void> => {
  if (change.role !== undefined)
    throw new BridgeError("unsupported", ofWorkspace, { reached: "no", scope: "item" });
  if (change.lifted === true) return;
  const out = change.state === "leave" || change.state === "ban";
  const what = out ? "Nobody was taken out" : "Nobody was invited";
  const method = out ? "conversations.kick" : "conversations.invite";
  const who = out ? { user: change.user } : { users: change.user };
  try {
    await api.call(method, { channel: chat.id, ...who }, { what, signal });
  } catch (error) {
    if (slackCode(error) !== (out ? "not_in_channel" : "already_in_channel")) throw error;
  }
};

/**
 * A channel, private where it is a group, or, without a name, a conversation of a few, which Slack finds
 * again where it is there already.
 */
export const createGroup = async (
  { api, login }: { readonly api: Api; readonly login: LoginId },
  group: {
    readonly name?: string;
    readonly members: readonly UserId[];
    readonly kind: ChatInfo["kind"];
  },
  attempt: Attempt,
): Promise<MadeChat> => {
  const asking = { what: "The conversation was not made", signal: attempt.signal };
  const users = group.members.join(",");
  const open = group.kind === "channel" || group.kind === "broadcast";
  if (!open && group.name === undefined) {
    const answer = await api.call("conversations.open", { users }, asking);
    return chatRef(conversationIn(answer, asking.what), login);
  }
  const name = channelName(group.name ?? "channel");
  const channel = madeBefore(attempt) ?? (await makeChannel(api, { name, open }, attempt));
  const chat = chatRef(channel, login);
  if (users === "") return chat;
  try {
    const what = "They were not invited";
    await api.call("conversations.invite", { channel, users }, { ...asking, what });
    return chat;
  } catch (error) {
    // They were, before a restart.
    if (slackCode(error) === "already_in_channel") return chat;
    // The channel is there, and Slack has invited nobody of them.
    if (!(error instanceof BridgeError) || !isRefusal(error)) throw error;
    return { ...chat, missing: group.members.map((user) => ({ user, why: error.message })) };
  }
};

const madeBefore = ({ notes }: Attempt): string | undefined => {
  if (notes === null || typeof notes !== "object" || !("channel" in notes)) return undefined;
  const { channel } = notes;
  return typeof channel === "string" && isConversation(channel) ? channel : undefined;
};

const makeChannel = async (
  api: Api,
  { name, open }: { readonly name: string; readonly open: boolean },
  attempt: Attempt,
): Promise<string> => {
  const asking = { what: "The channel was not made", signal: attempt.signal };
  const wanted = { name, is_private: !open };
  const made = await api.call("conversations.create", wanted, asking);
  const channel = conversationIn(made, asking.what);
  await attempt.note({ channel });
  return channel;
};
