import { randomBytes } from "node:crypto";
import type { Clock } from "./clock.ts";
import { ApiError, forbidden, notFound, tooLarge } from "./errors.ts";
import type { Json } from "./json.ts";
import { openRoute, route, type Download, type Route, type UserCall } from "./router.ts";

const UNUSED_MS = 24 * 60 * 60_000;
/** Places that one user may have reserved and not filled. */
const MOST_PENDING = 5;

type File = { owner: string; content: { bytes: Buffer; contentType: string } | undefined };

/** How a server keeps its media. */
export type MediaOptions = {
  readonly serverName: string;
  readonly clock: Clock;
  readonly maxUploadBytes: number;
  /** False for a server from before authenticated media: `/client/v1/media` is then unknown to it. */
  readonly authenticated: boolean;
};

/** The media repository, in memory. */
export class Media {
  readonly #options: MediaOptions;
  readonly #files = new Map<string, File>();

  constructor(options: MediaOptions) {
    this.#options = options;
  }

  get maxUploadBytes(): number {
    return this.#options.maxUploadBytes;
  }

  /** A media id without content yet (MSC2246). */
  create(owner: string): string {
    const id = randomBytes(18).toString("hex").slice(0, 24);
    this.#files.set(id, { owner, content: undefined });
    return `mxc://${this.#options.serverName}/${id}`;
  }

  content(mxc: string): { readonly bytes: Uint8Array; readonly type: string } | undefined {
    const [, id = ""] = /^mxc:\/\/[^/]+\/(.+)$/.exec(mxc) ?? [];
    const content = this.#files.get(id)?.content;
    return content && { bytes: content.bytes, type: content.contentType };
  }

  /** Gives a created id its content, once: M_CANNOT_OVERWRITE_MEDIA after that. */
  fill(owner: string, id: string, content: { bytes: Buffer; contentType: string }): void {
    const file = this.#files.get(id);
    if (!file) throw notFound("Unknown media ID");
    if (file.owner !== owner) throw forbidden("Only the creator of the media ID can upload to it");
    if (file.content) {
      const error = "Media ID already has content";
      throw new ApiError(409, { errcode: "M_CANNOT_OVERWRITE_MEDIA", error });
    }
    if (content.bytes.length > this.maxUploadBytes)
      throw tooLarge("Upload request body is too large");
    file.content = content;
  }

  /** The bytes of a media id. */
  read(serverName: string, id: string): Download {
    const file = serverName === this.#options.serverName ? this.#files.get(id) : undefined;
    if (!file) throw notFound(`Not found: ${serverName}/${id}`);
    if (!file.content) {
      const error = "Media has not been uploaded yet";
      throw new ApiError(504, { errcode: "M_NOT_YET_UPLOADED", error });
    }
    return { download: file.content.bytes, contentType: file.content.contentType };
  }

  /** People may leave so many places unfilled; appservices without limits any number. */
  #limitPending(owner: string): void {
    const isPending = (file: File): boolean => file.owner === owner && file.content === undefined;
    if ([...this.#files.values()].filter(isPending).length < MOST_PENDING) return;
    const body = { errcode: "M_LIMIT_EXCEEDED", error: "Too Many Requests" };
    throw new ApiError(429, { ...body, retry_after_ms: UNUSED_MS });
  }

  routes(): Route[] {
    const config = (): Json => ({ "m.upload.size": this.maxUploadBytes });
    const upload = (call: UserCall, id: string): void => {
      const contentType = call.contentType ?? "application/octet-stream";
      this.fill(call.requester.userId, id, { bytes: call.bytes, contentType });
    };
    return [
      route("POST", "/_matrix/media/v1/create", ({ requester: { userId, appservice } }) => {
        if (!appservice) this.#limitPending(userId);
        return {
          content_uri: this.create(userId),
          unused_expires_at: this.#options.clock.now() + UNUSED_MS,
        };
      }),
      route("POST", "/_matrix/media/v3/upload", (call) => {
        const uri = this.create(call.requester.userId);
        upload(call, uri.split("/").at(-1) ?? "");
        return { content_uri: uri };
      }),
      route("PUT", "/_matrix/media/v3/upload/:server/:id", (call) => {
        upload(call, call.params["id"] ?? "");
        return {};
      }),
      route("GET", "/_matrix/media/v3/config", config),
      ...(this.#options.authenticated ? this.#authenticatedRoutes(config) : this.#openRoutes()),
    ];
  }

  #authenticatedRoutes(config: () => Json): Route[] {
    const base = "/_matrix/client/v1/media";
    return [
      route("GET", `${base}/config`, config),
      ...["download/:server/:id", "download/:server/:id/:name", "thumbnail/:server/:id"].map(
        (path) =>
          route("GET", `${base}/${path}`, ({ params }) =>
            this.read(params["server"] ?? "", params["id"] ?? ""),
          ),
      ),
      openRoute("GET", "/_matrix/media/v3/download/:server/:id", () => {
        throw notFound("Media is only served with authentication");
      }),
    ];
  }

  #openRoutes(): Route[] {
    const base = "/_matrix/media/v3";
    return ["download/:server/:id", "download/:server/:id/:name", "thumbnail/:server/:id"].map(
      (path) =>
        openRoute("GET", `${base}/${path}`, ({ params }) =>
          this.read(params["server"] ?? "", params["id"] ?? ""),
        ),
    );
  }
}
