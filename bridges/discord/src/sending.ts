import { BridgeError } from "@bridgebox/core/adapter";
import type {
  Attempt,
  Found,
  Json,
  MessageId,
  Order,
  SendResult,
  Session,
  Speaker,
} from "@bridgebox/core/adapter";
import { MessageFlags } from "discord.js";
import type { APIMessage } from "discord.js";
import { idIn, messagesIn } from "./api/answers.ts";
import type { Call } from "./api/rest.ts";
import { bodyOf } from "./body.ts";
import type { Body } from "./body.ts";
import { longestText } from "./features.ts";
import { codeOf, givenUp, isUnknown } from "./errors.ts";
import { escapeText } from "./format.ts";
import { channelIn, compareIds, idAt, messageOf, timeOf } from "./ids.ts";
import { isOwnWebhook } from "./message.ts";
import type { Newest } from "./newest.ts";
import { replyLine } from "./outgoing.ts";
import { holds } from "./permissions.ts";
import { isDirect, isForum, isThread } from "./places.ts";
import { multipart } from "./upload.ts";
import type { View } from "./view.ts";
import { webhookName } from "./webhooks.ts";
import type { Webhooks } from "./webhooks.ts";

/** What sending needs of a bot. */
export interface Sender {
  readonly view: View;
  readonly webhooks: Webhooks;
  readonly newest: Newest;
  readonly media: Session<Json>["media"];
}

const notSent = "The message was not sent";
const notEdited = "The edit was not sent";
/** How long an upload may take. */
const uploading = 1_800_000;
/** A nonce keeps a message from being doubled for about five minutes. */
const nonceFor = 180_000;
/** Our clock may be ahead of Discord's. */
const skew = 5000;

/** Where something goes: a channel, and the webhook's channel and thread where one speaks. */
export interface Place {
  readonly channel: string;
  readonly guild: string | undefined;
  /** Absent: the bot speaks itself. */
  readonly hook?: { readonly channel: string; readonly query: { readonly thread_id?: string } };
}

/** As whom something is said in a chat: by webhook where the speaker is relayed and one may be. */
export const placeFor = async (
  view: View,
  chat: Order["chat"],
  speaker: Speaker,
  ask: { readonly what: string; readonly signal: AbortSignal },
): Promise<Place> => {
  const id = channelIn(chat);
  if (id === undefined) throw nowhere(ask.what, "that is no channel of Discord");
  const channel = await view.places.channel(id, ask);
  if (isDirect(channel)) return { channel: id, guild: undefined };
  if (isForum(channel)) throw nowhere(ask.what, "a forum has posts, and messages go into those");
  const guild = channel.guild_id;
  if (speaker.as === "self") return { channel: id, guild };
  if (!holds(await view.places.permissions(channel, ask), "Manage Webhooks"))
    return { channel: id, guild };
  const thread = isThread(channel);
  const parent = thread ? (channel.parent_id ?? id) : id;
  return { channel: id, guild, hook: { channel: parent, query: thread ? { thread_id: id } : {} } };
};

const nowhere = (what: string, why: string): BridgeError =>
  new BridgeError("not_found", `${what}: ${why}.`, { reached: "no", scope: "chat" });

export const send = async (sender: Sender, order: Order, attempt: Attempt): Promise<SendResult> => {
  const { view, newest } = sender;
  const { signal } = attempt;
  const body = bodyOf(order.draft, notSent);
  if (signal.aborted) throw givenUp({ what: notSent });
  const ask = { what: notSent, signal };
  const place = await placeFor(view, order.chat, order.speaker, ask);
  if (place.hook === undefined) refuseNameless(body, order);
  if (attempt.notes === null) await attempt.note({ after: newest.of(place.channel) ?? null });
  const id =
    place.hook === undefined || body.poll !== undefined
      ? await sendAsBot(sender, { order, body, place }, attempt)
      : await sendByWebhook(sender, { order, body, place, hook: place.hook }, signal);
  newest.saw(place.channel, id);
  return { state: "sent", sent: { id: messageOf(id), at: timeOf(id) } };
};

/** A text that was planned for a webhook has no name in it, so the bot must not say it as its own. */
const refuseNameless = (body: Body, { speaker, draft }: Order): void => {
  if (speaker.as === "self" || body.later === true || draft.plain.includes(speaker.name)) return;
  if (body.file !== undefined && draft.plain === "") return;
  throw new BridgeError(
    "forbidden",
    `${notSent}: the bot lacks the permission Manage Webhooks there – give it to the bot's role.`,
    { reached: "no", scope: "item" },
  );
};

interface Said {
  readonly order: Order;
  readonly body: Body;
  readonly place: Place;
}

const sendAsBot = async (
  sender: Sender,
  { order, body, place }: Said,
  attempt: Attempt,
): Promise<string> => {
  const { speaker } = order;
  const id = body.reply?.id;
  const asks =
    body.poll !== undefined && speaker.as === "relay"
      ? `**${escapeText(speaker.name)}** asks:`
      : "";
  const payload = {
    ...payloadOf(
      body,
      asks === "" ? body.text : [asks, body.text].filter((it) => it !== "").join("\n"),
      id !== undefined,
    ),
    nonce: attempt.key,
    enforce_nonce: true,
    ...(id === undefined
      ? {}
      : { message_reference: { message_id: id, fail_if_not_exists: false } }),
  };
  const path = `/channels/${place.channel}/messages` as const;
  const call = { what: notSent, needs: needed(body), signal: attempt.signal };
  return post(sender, { path, payload, call, order });
};

const sendByWebhook = (
  sender: Sender,
  { order, body, place, hook }: Said & { readonly hook: NonNullable<Place["hook"]> },
  signal: AbortSignal,
): Promise<string> => {
  const { speaker } = order;
  if (speaker.as === "self") throw new Error("a webhook speaks for others only");
  const payload = {
    ...payloadOf(body, quoting(body, place), false),
    username: webhookName(speaker.name),
    ...(speaker.avatarUrl === undefined ? {} : { avatar_url: speaker.avatarUrl }),
  };
  return sender.webhooks.use(hook.channel, signal, ({ id, token }) => {
    const call = {
      what: notSent,
      needs: needed(body),
      signal,
      byPath: true,
      query: { ...hook.query, wait: true },
    };
    return post(sender, { path: `/webhooks/${id}/${token}`, payload, call, order });
  });
};

const needed = ({ file, poll }: Body): string => {
  if (poll !== undefined) return "Create Polls";
  return file === undefined ? "Send Messages" : "Attach Files";
};

/** Nobody is reached but whom the text mentions by its tree, and who is answered. */
const payloadOf = (body: Body, content: string, replies: boolean) => {
  const { poll, file } = body;
  const voice = file?.voice;
  return {
    ...(content === "" ? {} : { content }),
    allowed_mentions: allowed(body, replies),
    ...(poll === undefined
      ? {}
      : {
          poll: {
            question: { text: poll.question },
            answers: poll.answers.map((text) => ({ poll_media: { text } })),
            allow_multiselect: poll.many,
            duration: poll.hours,
          },
        }),
    ...(file === undefined
      ? {}
      : {
          attachments: [
            {
              id: "0",
              filename: file.name,
              ...(voice === undefined
                ? {}
                : { duration_secs: voice.seconds, waveform: voice.wave }),
            },
          ],
        }),
    ...(voice === undefined || content !== ""
      ? {}
      : { flags: MessageFlags.IsVoiceMessage as number }),
  };
};

const allowed = ({ users = [], everyone = false }: Body, replies: boolean) => ({
  parse: everyone ? ["everyone"] : [],
  users,
  roles: [],
  replied_user: replies,
});

/** What is answered, as a small line with a link: webhooks cannot reply. */
const quoting = ({ reply, text }: Body, place: Place): string => {
  if (reply?.id === undefined) return text;
  const url = `https://discord.com/channels/${place.guild ?? "@me"}/${place.channel}/${reply.id}`;
  const excerpt = (reply.excerpt ?? "").replaceAll(/\s+/g, " ").trim();
  const cut = (given: string, most: number): string => Array.from(given).slice(0, most).join("");
  const name = escapeText(cut(reply.name ?? "a message", 40)).replaceAll(/[[\]\n]/g, " ");
  const said = excerpt === "" ? "" : `: ${escapeText(cut(excerpt, 80))}`;
  const line = `-# ↩ [${name}](${url})${said}\n`;
  return line.length <= replyLine && line.length + text.length <= longestText ? line + text : text;
};

interface Posting {
  readonly path: `/${string}`;
  readonly payload: object;
  readonly call: Call;
  readonly order: Order;
}

/** Posts a message, with its file as it is read where it has one. Its id. */
const post = async (
  { view, media }: Sender,
  { path, payload, call, order }: Posting,
): Promise<string> => {
  const asked = [call.what, "unknown"] as const;
  const [ref] = order.draft.media ?? [];
  if (ref === undefined)
    return idIn(await view.rest.call("POST", path, { ...call, body: payload }), ...asked);
  const { file } = bodyOf(order.draft, call.what);
  const stream = await media.open(ref, call.signal);
  const raw = multipart(payload, {
    name: file?.name ?? stream.name ?? "file",
    mime: file?.mime ?? stream.mime ?? "application/octet-stream",
    stream,
  });
  try {
    const answer = await view.rest.call("POST", path, { ...call, raw, deadline: uploading });
    return idIn(answer, ...asked);
  } catch (thrown) {
    // It may have been refused before it was read.
    await stream.body.cancel().catch(() => undefined);
    throw thrown;
  }
};

/** How a message of ours is changed: by its webhook where one wrote it, else by the bot. */
export const edit = async (
  { view, webhooks }: Sender,
  { id, order }: { readonly id: MessageId; readonly order: Order },
  attempt: Attempt,
): Promise<SendResult> => {
  const { signal } = attempt;
  const body = bodyOf(order.draft, notEdited);
  const place = await placeFor(view, order.chat, order.speaker, { what: notEdited, signal });
  const call = { what: notEdited, needs: "Send Messages", signal };
  const sent = { state: "sent", sent: { id } } as const;
  const content = place.hook === undefined ? body.text : quoting(body, place);
  const change = { content, allowed_mentions: allowed(body, false) };
  const webhook = place.hook && (await webhooks.existing(place.hook.channel));
  if (webhook !== undefined && place.hook !== undefined) {
    try {
      const path = `/webhooks/${webhook.id}/${webhook.token}/messages/${id}` as const;
      await view.rest.call("PATCH", path, {
        ...call,
        byPath: true,
        query: place.hook.query,
        body: change,
      });
      return sent;
    } catch (thrown) {
      if (!isUnknown(thrown)) throw thrown;
    }
  }
  const path = `/channels/${place.channel}/messages/${id}` as const;
  await view.rest.call("PATCH", path, { ...call, body: change });
  return sent;
};

/**
 * Looks for a message of ours with that text among those after what was known when the first attempt
 * began. A bot's message may be sent again under its nonce; a webhook has none, so two equal ones
 * cannot be told apart.
 */
export const find = async (sender: Sender, order: Order, attempt: Attempt): Promise<Found> => {
  const { view } = sender;
  const { signal, notes, firstAt } = attempt;
  const ask = { what: "The message was not looked up", signal };
  const place = await placeFor(view, order.chat, order.speaker, ask);
  const body = bodyOf(order.draft, ask.what);
  const byBot = place.hook === undefined || body.poll !== undefined;
  const noted =
    typeof notes === "object" && notes !== null && "after" in notes ? notes.after : null;
  const after = typeof noted === "string" ? noted : idAt(firstAt - skew);
  const name = order.speaker.as === "relay" ? webhookName(order.speaker.name) : "";
  const text = byBot ? body.text : quoting(body, place);
  const { messages, whole } = await messagesAfter(view, place.channel, { after, ask });
  const found = messages.filter((message) => {
    const ours = byBot
      ? message.author.id === view.self
      : isOwnWebhook(message, view) && message.author.username === name;
    return ours && sameContent(message, body, text);
  });
  const [first] = found;
  if (first === undefined) return { state: whole ? "absent" : "unknown" };
  if (found.length === 1)
    return { state: "sent", sent: { id: messageOf(first.id), at: timeOf(first.id) } };
  return { state: byBot && Date.now() - firstAt < nonceFor ? "absent" : "unknown" };
};

const sameContent = (message: APIMessage, body: Body, text: string): boolean => {
  if (body.poll !== undefined) return message.poll?.question.text === body.poll.question;
  const same = message.content.trim() === text.trim();
  if (body.file === undefined) return same && message.attachments.length === 0;
  return same && message.attachments.length > 0;
};

const mostPages = 5;

/** Not whole where one of them makes no sense, or there are more than are looked through: it may be ours. */
const messagesAfter = async (
  view: View,
  channel: string,
  { after, ask }: { readonly after: string; readonly ask: Call },
): Promise<{ readonly messages: readonly APIMessage[]; readonly whole: boolean }> => {
  const all: APIMessage[] = [];
  let whole = true;
  let from = after;
  for (let page = 0; page < mostPages; page += 1) {
    const query = { after: from, limit: 100 };
    const path = `/channels/${channel}/messages` as const;
    const got = messagesIn(await view.rest.call("GET", path, { ...ask, query }), ask.what);
    whole &&= got.messages.length === got.ids.length;
    all.push(...got.messages.toSorted((a, b) => compareIds(a.id, b.id)));
    from = got.ids.toSorted(compareIds).at(-1) ?? from;
    if (got.ids.length < 100) return { messages: all, whole };
  }
  return { messages: all, whole: false };
};

/** Deletes a message; that it is not there (any more) is well. */
export const remove = async (
  { view, webhooks }: Sender,
  { chat, id, by }: { readonly chat: Order["chat"]; readonly id: MessageId; readonly by: Speaker },
  signal: AbortSignal,
): Promise<void> => {
  const what = "The message was not deleted";
  const place = await placeFor(view, chat, by, { what, signal });
  const webhook = place.hook && (await webhooks.existing(place.hook.channel));
  const call = { what, needs: "Manage Messages", signal };
  const gone = (thrown: unknown): void => {
    if (codeOf(thrown) !== 10_008) throw thrown;
  };
  if (webhook !== undefined && place.hook !== undefined) {
    const path = `/webhooks/${webhook.id}/${webhook.token}/messages/${id}` as const;
    const query = place.hook.query;
    const done = await view.rest.call("DELETE", path, { ...call, byPath: true, query }).then(
      () => true,
      (thrown: unknown) => {
        if (!isUnknown(thrown)) throw thrown;
        return false;
      },
    );
    if (done) return;
  }
  await view.rest.call("DELETE", `/channels/${place.channel}/messages/${id}`, call).catch(gone);
};
