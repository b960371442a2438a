import { isPerson, isTs, timeOf } from "../ids.ts";
import { asObject, listIn, numberIn, objectIn, objectsIn, textIn, textsIn } from "./shapes.ts";
import type { Wire } from "./shapes.ts";

/** docs.slack.dev/reference/objects/file-object */
export interface SlackFile {
  readonly id: string;
  readonly name: string | undefined;
  readonly mime: string | undefined;
  readonly size: number | undefined;
  readonly width: number | undefined;
  readonly height: number | undefined;
  /** Milliseconds. */
  readonly duration: number | undefined;
  readonly url: string | undefined;
  readonly permalink: string | undefined;
  /** A voice or video clip that was recorded in Slack. */
  readonly clip: "audio" | "video" | undefined;
  /** How loud a voice clip is, over its length. */
  readonly waves: readonly number[];
  /** Kept elsewhere, as in a cloud drive. */
  readonly external: boolean;
  readonly gone: boolean;
}

/** A message's `room`, in docs.slack.dev/reference/objects/conversation-object. */
export interface Huddle {
  readonly by: string | undefined;
  readonly state: "ringing" | "ended" | "missed";
}

/** docs.slack.dev/reference/events/message, as far as it is read here. */
export interface SlackMessage {
  readonly ts: string;
  readonly user: string | undefined;
  readonly bot: string | undefined;
  readonly subtype: string | undefined;
  readonly text: string;
  readonly blocks: readonly Wire[];
  readonly attachments: readonly Wire[];
  readonly files: readonly SlackFile[];
  readonly thread: string | undefined;
  readonly parentUser: string | undefined;
  readonly username: string | undefined;
  readonly icon: string | undefined;
  readonly edited: string | undefined;
  readonly latestReply: string | undefined;
  /** The huddle that the message stands for. */
  readonly huddle: Huddle | undefined;
  readonly reactions: readonly { readonly name: string; readonly users: readonly string[] }[];
  readonly clientKey: string | undefined;
  /** The key that a send of ours left in the message's metadata. */
  readonly ownKey: string | undefined;
}

/** What our sends are called in their metadata. */
export const ownEvent = "bridgebox_message";

/** Nothing where it is no message that can be named. */
export const parseMessage = (value: unknown): SlackMessage | undefined => {
  const from = asObject(value);
  const ts = textIn(from, "ts");
  if (from === undefined || ts === undefined || !isTs(ts)) return undefined;
  return {
    ts,
    user: idIn(from, "user"),
    bot: idIn(from, "bot_id"),
    subtype: textIn(from, "subtype"),
    text: textIn(from, "text") ?? "",
    blocks: objectsIn(from, "blocks"),
    attachments: objectsIn(from, "attachments"),
    files: objectsIn(from, "files").flatMap((each) => parseFile(each) ?? []),
    thread: momentIn(from, "thread_ts"),
    parentUser: idIn(from, "parent_user_id"),
    username: textIn(from, "username"),
    icon: iconIn(objectIn(from, "icons")),
    edited: momentIn(objectIn(from, "edited"), "ts"),
    latestReply: momentIn(from, "latest_reply"),
    huddle: textIn(from, "subtype") === huddleKind ? huddleIn(objectIn(from, "room")) : undefined,
    reactions: objectsIn(from, "reactions").flatMap((each) => {
      const name = textIn(each, "name");
      return name === undefined ? [] : [{ name, users: textsIn(each, "users").filter(isPerson) }];
    }),
    clientKey: textIn(from, "client_msg_id"),
    ownKey: keyIn(objectIn(from, "metadata")),
  };
};

const idIn = (from: Wire, key: string): string | undefined => {
  const id = textIn(from, key);
  return id !== undefined && isPerson(id) ? id : undefined;
};

const momentIn = (from: Wire | undefined, key: string): string | undefined => {
  const ts = textIn(from, key);
  return ts !== undefined && isTs(ts) ? ts : undefined;
};

const huddleKind = "huddle_thread";

const huddleIn = (room: Wire | undefined): Huddle | undefined => {
  if (room === undefined) return undefined;
  const over = room["was_missed"] === true ? "missed" : "ended";
  return { by: idIn(room, "created_by"), state: room["has_ended"] === true ? over : "ringing" };
};

/** When an event happened, in milliseconds: now, where it does not say it. */
export const happenedAt = (event: Wire): number => {
  const ts = momentIn(event, "event_ts");
  return ts === undefined ? Date.now() : timeOf(ts);
};

const iconIn = (icons: Wire | undefined): string | undefined =>
  textIn(icons, "image_72") ?? textIn(icons, "image_64") ?? textIn(icons, "image_48");

const keyIn = (metadata: Wire | undefined): string | undefined =>
  textIn(metadata, "event_type") === ownEvent
    ? textIn(objectIn(metadata, "event_payload"), "key")
    : undefined;

const mostWaves = 1000;

const isLoudness = (value: unknown): value is number =>
  typeof value === "number" && Number.isFinite(value) && value >= 0;

export const parseFile = (from: Wire): SlackFile | undefined => {
  const id = textIn(from, "id");
  if (id === undefined || !/^F[A-Z0-9]{2,30}$/.test(id)) return undefined;
  const mode = textIn(from, "mode");
  const clip = textIn(from, "subtype");
  return {
    id,
    name: textIn(from, "name") ?? textIn(from, "title"),
    mime: textIn(from, "mimetype"),
    size: numberIn(from, "size"),
    width: numberIn(from, "original_w"),
    height: numberIn(from, "original_h"),
    duration: numberIn(from, "duration_ms"),
    url: textIn(from, "url_private_download") ?? textIn(from, "url_private"),
    permalink: textIn(from, "permalink"),
    clip: clip === "slack_audio" ? "audio" : clip === "slack_video" ? "video" : undefined,
    waves: listIn(from, "audio_wave_samples").filter(isLoudness).slice(0, mostWaves),
    external: from["is_external"] === true || mode === "external",
    gone: mode === "tombstone" || mode === "hidden_by_limit",
  };
};
