import type { IncomingMessage, ServerResponse } from "node:http";
import type { WebSocket } from "ws";
import type { Channel, User, WireObject } from "./model.ts";
import { textOf } from "./model.ts";
import { collect, giveFile, takeUpload } from "./stored-files.ts";
import type { Picture } from "./world.ts";
import { answerCall, json } from "./web.ts";
import type { WebOptions } from "./web.ts";

/** What stands behind the port. */
export interface Door extends WebOptions {
  /** Somebody types, by their own session. */
  readonly typed: (user: User, channel: Channel) => void;
}

interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Calls, uploads, private files, and pictures for everybody. */
export const answerHttp = async (door: Door, asked: Asked): Promise<void> => {
  const { request, response } = asked;
  const { world } = door.context;
  const { pathname } = new URL(request.url ?? "/", door.base());
  if (pathname.startsWith("/upload/")) return takeUpload(world, asked, door.violation);
  const body = await collect(request);
  if (pathname.startsWith("/api/")) return answerCall(door, { ...asked, body });
  if (pathname.startsWith("/files-pri/")) return giveFile(world, request, response);
  if (pathname.startsWith("/emoji/") || pathname.startsWith("/avatar/")) {
    const shown = request.headers.authorization !== undefined;
    if (shown) door.violation("a public picture, with a token");
    const { status = 200, headers, body: picture } = world.pictures.get(pathname) ?? harmless;
    response.writeHead(status, headers).end(picture);
    return;
  }
  json(response, { ok: false, error: "not_found" }, 404);
};

const harmless: Picture = { headers: { "content-type": "image/png" }, body: "picture" };

/** An app's socket, or that of a browser's session, which shows its cookie here too. */
export const openSocket = (door: Door, socket: WebSocket, request: IncomingMessage): void => {
  const { world, feed } = door.context;
  const url = new URL(request.url ?? "/", door.base());
  if (url.pathname === "/link") {
    const app = world.apps.find(({ id }) => id === url.searchParams.get("app_id"));
    if (app) feed.openApp(app, socket);
    else socket.terminate();
    return;
  }
  const user = world.users.get(url.searchParams.get("user") ?? "");
  const cookie = /(?:^|; ?)d=([^;]+)/.exec(request.headers.cookie ?? "")?.[1];
  const known = [...world.tokens.values()].some(
    (token) => token.user === user && token.cookie !== undefined && token.cookie === cookie,
  );
  if (user && known) feed.openSession(user, socket, (frame) => heard(door, user, frame));
  else socket.terminate();
};

/** What a session says on its socket. */
const heard = (door: Door, user: User, frame: WireObject): void => {
  const channel = door.context.world.channels.get(textOf(frame["channel"]));
  if (frame["type"] !== "typing" || !channel?.members.has(user)) return;
  door.typed(user, channel);
  door.done();
};
