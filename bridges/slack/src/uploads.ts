import {
  BridgeError,
  type Attempt,
  type Json,
  type MediaRef,
  type MediaStream,
  type SendResult,
} from "@bridgebox/core/adapter";
import { isSlackHost } from "./api/hosts.ts";
import { putBytes } from "./api/put.ts";
import { asObject, objectIn, objectsIn, only, textIn, type Wire } from "./api/shapes.ts";
import type { Asking } from "./api/web.ts";
import { isTs } from "./ids.ts";
import { escaped } from "./mrkdwn.ts";
import type { Body } from "./outgoing.ts";
import { contentOf, post, remember, sentAs, type Posting, type Sender } from "./posting.ts";

const notSent = "The file was not sent";
/** How long Slack may take to show a file that it has, in milliseconds. */
const patience = 60_000;

type FilePosting = Omit<Posting, "content"> & { readonly body: Body };

/**
 * Asks where to put it, puts it there, says that it is complete: three steps, each noted, so that a
 * later attempt goes on where this one ended (docs.slack.dev/messaging/working-with-files).
 */
export const sendFile = async (
  sender: Sender,
  { order, body, place }: FilePosting,
  attempt: Attempt,
): Promise<SendResult> => {
  const { api } = sender;
  const [media] = order.draft.media ?? [];
  if (media === undefined || body.file === undefined)
    throw new BridgeError("invalid", `${notSent}: there is none.`, {
      reached: "no",
      scope: "item",
    });
  const asking: Asking = { what: notSent, signal: attempt.signal };
  const { name } = body.file;
  const uploaded =
    noted(attempt.notes) ?? (await upload(sender, { media, name, alt: body.file.alt }, attempt));
  const files = [{ id: uploaded, title: name }];
  if (order.speaker.as === "relay") {
    const done = await api
      .call("files.completeUploadExternal", { files }, asking)
      .catch(alreadyDone);
    const link =
      textIn(objectsIn(done, "files")[0], "permalink") ??
      (await permalinkOf(sender, uploaded, asking));
    const content = relayedFile(body, {
      id: uploaded,
      link,
      image: /^image\/(?:png|jpe?g|gif)$/.test(media.mime ?? ""),
    });
    return post(sender, { order, content, place }, attempt);
  }
  remember(sender.expected, uploaded, attempt.key);
  const { text, ...rest } = contentOf(body);
  const said = rest["blocks"] === undefined ? (text === "" ? {} : { initial_comment: text }) : rest;
  const args = {
    files,
    channel_id: order.chat.id,
    ...said,
    ...only("thread_ts", place.thread),
  };
  await api.call("files.completeUploadExternal", args, asking);
  const ts = await shareOf(
    sender,
    { channel: order.chat.id, notes: { file: uploaded } },
    asking,
  ).catch(() => undefined);
  return ts === undefined
    ? { state: "pending", within: patience }
    : { state: "sent", sent: sentAs(ts, place) };
};

/** A second attempt finds that the first one got so far. */
const alreadyDone = (error: unknown): Wire => {
  if (error instanceof BridgeError && (error.code === "not_found" || error.code === "invalid"))
    return {};
  throw error;
};

/**
 * A file under another name than the bot's: Slack gives names to messages only, so the message shows
 * the file, as a picture or by its link.
 */
const relayedFile = (
  body: Body,
  {
    id,
    link,
    image,
  }: { readonly id: string; readonly link: string | undefined; readonly image: boolean },
): Wire => {
  const { name, alt } = body.file ?? { name: "file" };
  const said = body.block === undefined ? [] : [body.block];
  const text = body.text === "" ? escaped(name) : body.text;
  if (image)
    return {
      text,
      blocks: [...said, { type: "image", slack_file: { id }, alt_text: alt ?? name }],
    };
  const shown =
    link === undefined ? { type: "text", text: name } : { type: "link", url: link, text: name };
  const section = { type: "rich_text_section", elements: [shown] };
  return { text, blocks: [...said, { type: "rich_text", elements: [section] }] };
};

const permalinkOf = async (
  { api }: Sender,
  file: string,
  asking: Asking,
): Promise<string | undefined> => {
  const answer = await api.call("files.info", { file }, asking).catch((): Wire => ({}));
  return textIn(objectIn(answer, "file"), "permalink");
};

const noted = (notes: Json | null): string | undefined => textIn(asObject(notes), "file");

interface Uploading {
  readonly media: MediaRef;
  readonly name: string;
  readonly alt: string | undefined;
}

const upload = async (sender: Sender, file: Uploading, attempt: Attempt): Promise<string> => {
  const stream = await sender.media.open(file.media, attempt.signal);
  try {
    return await put(sender, { ...file, stream }, attempt);
  } catch (error) {
    // Whoever waits to be read is told that nobody will; where it was begun, it was told already.
    await stream.body.cancel().catch(() => undefined);
    throw error;
  }
};

const put = async (
  { api }: Sender,
  { media, name, alt, stream }: Uploading & { readonly stream: MediaStream },
  attempt: Attempt,
): Promise<string> => {
  const { signal } = attempt;
  const size = stream.size ?? media.size;
  if (size === undefined)
    throw new BridgeError(
      "invalid",
      `${notSent}: nobody says how large it is, and Slack asks for that.`,
      {
        reached: "no",
        scope: "item",
      },
    );
  const args = { filename: name, length: size, ...(alt === undefined ? {} : { alt_txt: alt }) };
  const place = await api.call("files.getUploadURLExternal", args, { what: notSent, signal });
  const url = textIn(place, "upload_url");
  const file = textIn(place, "file_id");
  if (url === undefined || file === undefined || !isTheirs(url, api)) throw notTaken(0);
  const status = await putBytes(new URL(url), { body: stream.body, size }, signal).catch(
    (cause: unknown) => {
      // What broke the file off on its way to us says itself why.
      throw cause instanceof BridgeError ? cause : notTaken(0, cause);
    },
  );
  if (status !== 200) throw notTaken(status);
  await attempt.note({ file });
  return file;
};

/** What somebody said in private goes to Slack's own hosts only. */
const isTheirs = (url: string, { url: base }: Sender["api"]): boolean =>
  URL.canParse(url) && isSlackHost(new URL(url), new URL(base));

const notTaken = (status: number, cause?: unknown): BridgeError => {
  const why = status === 0 ? "Slack cannot be reached" : `Slack did not take it (${status})`;
  const facts = { reached: "no", scope: "item", cause } as const;
  return new BridgeError("network", `${notSent}: ${why}. It is tried again.`, facts);
};

/** The message that shows a file there, as soon as Slack says so. */
export const shareOf = async (
  { api }: Sender,
  { channel, notes }: { readonly channel: string; readonly notes: Json | null },
  asking: Asking,
): Promise<string | undefined> => {
  const file = noted(notes);
  if (file === undefined) return undefined;
  const answer = await api.call("files.info", { file }, asking).catch((error: unknown) => {
    if (error instanceof BridgeError && error.code === "not_found") return {};
    throw error;
  });
  const shares = objectIn(objectIn(answer, "file"), "shares");
  const places = [objectIn(shares, "public"), objectIn(shares, "private")];
  for (const place of places) {
    const [share] = objectsIn(place, channel);
    const ts = textIn(share, "ts");
    if (ts !== undefined && isTs(ts)) return ts;
  }
  return undefined;
};
