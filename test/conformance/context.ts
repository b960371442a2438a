import assert from "node:assert/strict";
import { call, MatrixUser, textOf, type Body, type HttpReply } from "../sandbox/client.ts";
import type { RecordingAppservice } from "./recording-appservice.ts";

/** The two homeservers the cases run on. */
export type Side = "sandbox" | "synapse";

/** The appservice that the cases act as. */
export const REGISTRATION = {
  id: "conformance",
  as_token: "as-token-of-the-conformance-test",
  hs_token: "hs-token-of-the-conformance-test",
  sender_localpart: "_cf_bot",
  namespaces: {
    users: [
      { regex: "@_cf_.*", exclusive: true },
      { regex: "@cfbridge.*", exclusive: true },
    ],
    aliases: [{ regex: "#_cf_.*", exclusive: true }],
    rooms: [],
  },
  rate_limited: false,
  "io.element.msc4190": true,
  receive_ephemeral: true,
  "de.sorunome.msc2409.push_ephemeral": true,
} as const;

/** What a case has at hand. */
export type Context = {
  readonly side: Side;
  readonly url: string;
  readonly serverName: string;
  readonly appservice: RecordingAppservice;
  /** A new ordinary account with a plain access token. */
  readonly newAccount: (localpart: string) => Promise<{ userId: string; accessToken: string }>;
  /** Restarts the homeserver as an operator would. */
  readonly restart: () => Promise<void>;
  /** Makes the next request that fits be answered with 429, where the side can do that. */
  readonly rateLimitNext: ((match: RegExp, retryAfterMs: number) => void) | undefined;
};

/** One rule of the homeserver that the engine relies on. */
export type Case = {
  readonly name: string;
  readonly run: (context: Context) => Promise<void>;
  /** Why a side cannot have this case. */
  readonly skip?: Partial<Readonly<Record<Side, string>>>;
};

/** Someone who makes requests: an ordinary user, the bot, or a ghost through the appservice. */
export type Actor = {
  readonly userId: string;
  /** Sends a request and gives whatever was answered. Paths start below `/_matrix/client/v3`. */
  readonly ask: (method: string, path: string, body?: unknown) => Promise<HttpReply>;
  /** The same, for requests that must succeed. */
  readonly ok: (method: string, path: string, body?: unknown) => Promise<Body>;
};

let names = 0;
const run = Date.now().toString(36);

/** A name that no other case or run has. */
export function fresh(name: string): string {
  names += 1;
  return `${name}${run}${names}`;
}

/** One path segment. */
export const seg = encodeURIComponent;

/** Someone who speaks with a token, perhaps in another's name (`user_id`). */
export function actor(
  context: Pick<Context, "url">,
  account: { userId: string; token?: string | undefined; masquerade?: boolean },
): Actor {
  const ask: Actor["ask"] = async (method, path, body) => {
    const whole = path.startsWith("/_matrix/") ? path : `/_matrix/client/v3${path}`;
    const as = account.masquerade ? `user_id=${seg(account.userId)}` : "";
    const query = as === "" ? "" : `${whole.includes("?") ? "&" : "?"}${as}`;
    const { token } = account;
    return await call({ url: context.url, token }, method, { path: `${whole}${query}`, body });
  };
  const ok: Actor["ok"] = async (method, path, body) => {
    const reply = await ask(method, path, body);
    assert.ok(
      reply.status < 300,
      `${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`,
    );
    return reply.body;
  };
  return { userId: account.userId, ask, ok };
}

/** A new ordinary user. */
export async function person(context: Context, name = "person"): Promise<Actor> {
  const { userId, accessToken } = await context.newAccount(fresh(name));
  return actor(context, { userId, token: accessToken });
}

/** A new ordinary user with a client that reads `/sync`. */
export async function reader(context: Context, name = "reader"): Promise<MatrixUser> {
  return new MatrixUser({ url: context.url, ...(await context.newAccount(fresh(name))) });
}

/** The appservice's bot. */
export function bot(context: Context): Actor {
  const userId = `@${REGISTRATION.sender_localpart}:${context.serverName}`;
  return actor(context, { userId, token: REGISTRATION.as_token });
}

/** Someone of the appservice's namespace, registered or not. */
export function unregisteredGhost(context: Context, localpart: string): Actor {
  const userId = `@${localpart}:${context.serverName}`;
  return actor(context, { userId, token: REGISTRATION.as_token, masquerade: true });
}

/** A registered ghost. */
export async function ghost(context: Context): Promise<Actor> {
  const localpart = fresh("_cf_ghost");
  await registerGhost(context, localpart);
  return unregisteredGhost(context, localpart);
}

/** Registers a ghost the appservice way and gives the answer. */
export async function registerGhost(context: Context, username: string): Promise<HttpReply> {
  const body = { type: "m.login.application_service", username, inhibit_login: true };
  return await bot(context).ask("POST", "/register", body);
}

/** Makes a room and gives its id. */
export async function room(by: Actor, options: Body = { preset: "public_chat" }): Promise<string> {
  return textOf(await by.ok("POST", "/createRoom", options), "room_id");
}

/** Sends a text under a transaction id (a fresh one by default) and gives the event id. */
export async function say(
  by: Actor,
  where: string,
  what: { body: string; txn?: string; query?: string },
): Promise<string> {
  const txn = what.txn ?? fresh("txn");
  const path = `/rooms/${seg(where)}/send/m.room.message/${txn}${what.query ?? ""}`;
  return textOf(await by.ok("PUT", path, { msgtype: "m.text", body: what.body }), "event_id");
}

/** Asserts status and errcode of a refusal. */
export function refused(reply: HttpReply, status: number, errcode: string): void {
  const got = { status: reply.status, errcode: reply.body["errcode"] };
  assert.deepEqual(got, { status, errcode }, JSON.stringify(reply.body));
}
