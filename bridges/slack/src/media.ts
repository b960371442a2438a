import {
  BridgeError,
  partId,
  firstPart,
  type Json,
  type MediaRef,
  type MediaStream,
  type Part,
  type RichText,
} from "@bridgebox/core/adapter";
import { parseFile, type SlackFile } from "./api/message.ts";
import { isPictureHost, isSlackHost } from "./api/hosts.ts";
import { objectIn, only } from "./api/shapes.ts";
import type { Api } from "./api/web.ts";

const notFetched = "The file was not fetched";

/** A picture that everybody may see: an avatar, an emoji. */
export const publicPicture = (url: string): MediaRef => ({ locator: { picture: url } });

/** A file of a message, as a part. */
export const partOf = (file: SlackFile, caption: RichText | undefined): Part => {
  const id = caption === undefined ? partId(file.id) : firstPart;
  const name = file.name ?? "file";
  if (file.gone)
    return {
      id,
      kind: "unsupported",
      what: "a deleted file",
      text: line("[a file that was deleted]"),
    };
  if (file.external || file.url === undefined) {
    const text = [...(caption ?? []), ...line(`[${name}]`)];
    return {
      id,
      kind: "unsupported",
      what: "a file kept elsewhere",
      text,
      ...only("link", file.permalink ?? file.url),
    };
  }
  const media: MediaRef = {
    locator: { file: file.id, url: file.url },
    name,
    ...only("mime", file.mime),
    ...only("size", file.size),
    ...only("width", file.width),
    ...only("height", file.height),
    ...only("duration", file.duration),
  };
  const told = caption === undefined || caption.length === 0 ? {} : { caption };
  const as = kindOf(file);
  const loud = as === "voice" && file.waves.length > 0 ? { waveform: file.waves } : {};
  return { id, kind: "media", as, media, ...loud, ...told };
};

const line = (text: string): RichText => [{ t: "para", of: [{ t: "text", text }] }];

const kindOf = ({ mime = "", clip }: SlackFile): "image" | "video" | "audio" | "voice" | "file" => {
  if (clip === "audio") return "voice";
  if (mime.startsWith("image/")) return "image";
  if (mime.startsWith("video/")) return "video";
  return mime.startsWith("audio/") ? "audio" : "file";
};

const refused = (why: string): BridgeError =>
  new BridgeError("forbidden", `${notFetched}: ${why}.`, { reached: "no", scope: "item" });

/**
 * The bytes of a file. A token is shown to Slack's own hosts only, and no redirect is followed: a
 * login page is one, and so is a way out to another host.
 */
export const openMedia = async (
  api: Api,
  { media, url: apiUrl }: { readonly media: MediaRef; readonly url: string },
  signal: AbortSignal,
): Promise<MediaStream> => {
  const base = new URL(apiUrl);
  const { picture, file, url } = locatorOf(media.locator);
  if (picture !== undefined) {
    const target = parsed(picture);
    if (!isPictureHost(target, base)) throw refused("it is not on a host of Slack's");
    return streamOf(await pictured(await fetched(target, {}, signal)), media);
  }
  const target = parsed(url ?? "");
  if (!isSlackHost(target, base)) throw refused("it is not on a host of Slack's");
  const first = await fetched(target, headersOf(api), signal);
  if (first.status === 200) return streamOf(first, media);
  await first.body?.cancel();
  const again = file === undefined ? undefined : await currentUrl(api, file, signal);
  const fresh = again === undefined ? target : parsed(again);
  if (fresh.href === target.href) throw gone(first.status);
  if (!isSlackHost(fresh, base)) throw refused("it is not on a host of Slack's");
  return streamOf(await fetched(fresh, headersOf(api), signal), media);
};

const headersOf = ({ credentials: { token, cookie } }: Api): Record<string, string> => ({
  authorization: `Bearer ${token}`,
  ...(cookie === undefined ? {} : { cookie: `d=${cookie}` }),
});

const parsed = (url: string): URL => {
  if (!URL.canParse(url)) throw refused("it has no address");
  return new URL(url);
};

const currentUrl = async (
  { call }: Api,
  file: string,
  signal: AbortSignal,
): Promise<string | undefined> => {
  const answer = await call("files.info", { file }, { what: notFetched, signal });
  const found = objectIn(answer, "file");
  return found && parseFile(found)?.url;
};

const fetched = async (
  url: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Response> => {
  try {
    return await fetch(url, { headers, redirect: "manual", signal });
  } catch (cause) {
    const facts = { reached: "no", scope: "item", cause } as const;
    throw new BridgeError(
      "network",
      `${notFetched}: Slack cannot be reached. It is tried again.`,
      facts,
    );
  }
};

/** Nothing that a browser would run where it is shown. */
const pictured = async (response: Response): Promise<Response> => {
  const type = response.headers.get("content-type") ?? "";
  if (response.status !== 200 || /^image\/(?!svg)/i.test(type)) return response;
  await response.body?.cancel();
  throw refused("it is no picture");
};

const streamOf = (response: Response, media: MediaRef): MediaStream => {
  if (response.status !== 200 || response.body === null) throw gone(response.status);
  const length = Number(response.headers.get("content-length") ?? Number.NaN);
  const mime = media.mime ?? response.headers.get("content-type") ?? undefined;
  return {
    body: response.body,
    ...(Number.isSafeInteger(length) ? { size: length } : {}),
    ...only("mime", mime),
    ...only("name", media.name),
  };
};

const gone = (status: number): BridgeError => {
  const why =
    status >= 500
      ? "Slack has a fault of its own"
      : "it is not there, or this account may not see it";
  const code = status >= 500 ? "network" : "not_found";
  return new BridgeError(code, `${notFetched}: ${why} (${status}).`, {
    reached: "no",
    scope: "item",
  });
};

const locatorOf = (
  locator: Json,
): { readonly picture?: string; readonly file?: string; readonly url?: string } => {
  if (typeof locator !== "object" || locator === null) return {};
  const text = (key: string) => {
    const value = Object.entries(locator).find(([name]) => name === key)?.[1];
    return typeof value === "string" ? value : undefined;
  };
  return {
    ...only("picture", text("picture")),
    ...only("file", text("file")),
    ...only("url", text("url")),
  };
};
