import { BridgeError } from "@bridgebox/core/adapter";
import type { MediaRef, MediaStream } from "@bridgebox/core/adapter";
import { messageFrom } from "./api/answers.ts";
import type { Pictures } from "./config.ts";
import { toBridgeError } from "./errors.ts";
import { channelIn } from "./ids.ts";
import { locatorIn } from "./locator.ts";
import type { Locator } from "./locator.ts";
import { filesIn } from "./media.ts";
import type { View } from "./view.ts";

const what = "The file was not fetched";

const failed = (code: "gone" | "forbidden" | "not_found", why: string): BridgeError =>
  new BridgeError(code, `${what}: ${why}.`, { reached: "no", scope: "item" });

/**
 * The bytes of a file on Discord's hosts, and on no others. A link that has ended is read anew from
 * its message (docs.discord.com/developers/reference#signed-attachment-cdn-urls).
 */
export const openMedia = async (
  view: View,
  hosts: readonly string[],
  media: MediaRef,
  signal: AbortSignal,
): Promise<MediaStream> => {
  const locator = locatorIn(media.locator);
  if (locator === undefined) throw failed("not_found", "it is not one of Discord");
  const first = await get(hosts, addressOf(view.pictures, locator), signal);
  if (first.ok) return streamOf(first, media);
  await first.body?.cancel();
  if (locator.kind !== "attachment") throw failed("gone", "Discord has it no more");
  const fresh = await refreshed(view, locator.id, media, signal);
  if (fresh === undefined) throw failed("gone", "it was deleted on Discord");
  const second = await get(hosts, fresh, signal);
  if (second.ok) return streamOf(second, media);
  await second.body?.cancel();
  throw failed("gone", "Discord has it no more");
};

/** By what a locator points to can be fetched now. */
export const addressOf = ({ cdn, gifStickers }: Pictures, locator: Locator): string => {
  if (locator.kind === "attachment") return locator.url;
  if (locator.kind === "file") {
    const gif = /^\/stickers\/\d+\.gif$/.test(locator.path);
    return new URL(locator.path, gif ? gifStickers : cdn).href;
  }
  return `${cdn}/emojis/${locator.id}.${locator.animated ? "gif" : "png"}?size=64`;
};

const get = async (
  hosts: readonly string[],
  address: string,
  signal: AbortSignal,
): Promise<Response> => {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const secure = url?.protocol === "https:" || /^127\.0\.0\.1(?::|$)/.test(url?.host ?? "");
  if (url === undefined || !secure || !hosts.includes(url.host)) {
    throw failed("forbidden", "its address is not one of Discord's");
  }
  return fetch(url, { signal, redirect: "error" }).catch((thrown: unknown) => {
    throw toBridgeError(thrown, { what }, signal);
  });
};

const refreshed = async (
  view: View,
  file: string,
  { of }: MediaRef,
  signal: AbortSignal,
): Promise<string | undefined> => {
  const channel = of && channelIn(of.chat);
  if (of === undefined || channel === undefined) return undefined;
  const path = `/channels/${channel}/messages/${of.message}` as const;
  const message = messageFrom(await view.rest.call("GET", path, { what, signal }), what);
  return filesIn(message).find(({ id }) => id === file)?.url;
};

const streamOf = ({ body, headers }: Response, media: MediaRef): MediaStream => {
  if (body === null) throw failed("gone", "it is empty");
  const length = Number(headers.get("content-length") ?? Number.NaN);
  const mime = media.mime ?? headers.get("content-type")?.split(";")[0];
  return {
    body,
    ...(Number.isSafeInteger(length) ? { size: length } : {}),
    ...(mime === undefined ? {} : { mime }),
    ...(media.name === undefined ? {} : { name: media.name }),
  };
};
