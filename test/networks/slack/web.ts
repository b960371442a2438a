import type { IncomingMessage, ServerResponse } from "node:http";
import { replyProblems } from "./replies.ts";
import { callProblems } from "./validate.ts";
import { scopesOf } from "./later.ts";
import { chatMethods } from "./methods/chat.ts";
import { conversationMethods } from "./methods/conversations.ts";
import { fileMethods } from "./methods/files.ts";
import type { Args, Context, Methods } from "./methods/method.ts";
import { peopleMethods } from "./methods/people.ts";
import { reactionMethods } from "./methods/reactions.ts";
import { SlackError } from "./model.ts";
import type { Token, WireObject } from "./model.ts";
import type { Faults } from "./faults.ts";

const methods: Methods = {
  ...chatMethods,
  ...conversationMethods,
  ...fileMethods,
  ...peopleMethods,
  ...reactionMethods,
};

/** What this server has of Slack's methods. */
export const methodNames: readonly string[] = Object.keys(methods);

/** One call as a test sees it. */
export interface Call {
  readonly method: string;
  readonly args: Args;
  readonly token: string;
  readonly cookie: string | undefined;
}

export interface WebOptions {
  readonly context: Omit<Context, "token" | "base">;
  readonly base: () => string;
  readonly faults: Faults;
  readonly called: (call: Call) => void;
  readonly violation: (what: string) => void;
  readonly done: () => void;
}

/** Methods that a token is asked for in the body, or not at all. */
const open = ["oauth.v2.access"];

/** Answers `/api/<method>`: a bad call is noted, and refused as Slack refuses it. */
export const answerCall = async (
  options: WebOptions,
  { request, response, body }: { request: IncomingMessage; response: ServerResponse; body: Buffer },
): Promise<void> => {
  const url = new URL(request.url ?? "/", "http://slack");
  const method = url.pathname.replace("/api/", "");
  const { token: inBody, ...args } = argsOf(request, body, url.searchParams);
  const header = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
  const text = header ?? inBody ?? "";
  const cookie = /(?:^|; ?)d=([^;]+)/.exec(request.headers.cookie ?? "")?.[1];
  options.called({ method, args, token: text, cookie });
  if (url.searchParams.has("token")) options.violation(`${method}: a token in the address`);
  for (const problem of callProblems(method, args)) options.violation(problem);
  const say = (reply: WireObject, status: number, headers: Headers = {}): void => {
    for (const problem of replyProblems(method, reply)) options.violation(problem);
    json(response, reply, status, headers);
  };
  const fault = options.faults.take(method);
  if (fault?.kind === "limit")
    return say({ ok: false, error: "ratelimited" }, 429, { "retry-after": String(fault.seconds) });
  const token = options.context.world.tokens.get(text);
  if (fault?.kind === "fail") {
    const { error, status } = fault;
    const more = error === "missing_scope" ? scopesTold(method, token) : {};
    return say({ ok: false, error, ...more }, status);
  }
  if (fault?.kind === "answer") {
    response.writeHead(200, fault.headers).end(fault.body);
    return;
  }
  if (fault?.kind === "hang") {
    await fault.released;
    // Whoever gave the call up took it back: it hung on its way, and not inside.
    if (response.destroyed) return;
  }
  const answer = run(options, { method, args, token, cookie, sent: text });
  options.done();
  if (fault?.kind === "swallow") return;
  say(answer, 200, { "x-oauth-scopes": [...(token?.scopes ?? [])].join(",") });
};

interface Asked {
  readonly method: string;
  readonly args: Args;
  readonly token: Token | undefined;
  readonly cookie: string | undefined;
  readonly sent: string;
}

const run = (options: WebOptions, { method, args, token, cookie, sent }: Asked): WireObject => {
  try {
    const play = methods[method];
    if (!play) {
      options.violation(`${method} is asked for, and not there`);
      throw new SlackError("unknown_method");
    }
    const { world } = options.context;
    const caller = open.includes(method) ? anybody : permitted(method, token, { cookie, sent });
    return {
      ok: true,
      ...play(args, { ...options.context, world, token: caller, base: options.base() }),
    };
  } catch (error) {
    if (error instanceof SlackError) return { ok: false, error: error.message, ...error.more };
    options.violation(`a fault of this server: ${String(error)}`);
    return { ok: false, error: "internal_error" };
  }
};

const anybody: Token = {
  text: "",
  kind: "app",
  app: undefined,
  user: undefined,
  scopes: new Set(),
  cookie: undefined,
  revoked: false,
};

const permitted = (
  method: string,
  token: Token | undefined,
  { cookie, sent }: { readonly cookie: string | undefined; readonly sent: string },
): Token => {
  if (sent === "") throw new SlackError("not_authed");
  if (!token) throw new SlackError("invalid_auth");
  if (token.revoked) throw new SlackError("token_revoked");
  if (token.user?.deleted === true) throw new SlackError("account_inactive");
  if (token.kind === "session" && cookie !== token.cookie) throw new SlackError("invalid_auth");
  const needed = scopesOf[method];
  const free = needed === undefined || token.kind === "session" || token.kind === "app";
  if (!free && !needed.some((scope) => token.scopes.has(scope)))
    throw new SlackError("missing_scope", scopesTold(method, token));
  return token;
};

const scopesTold = (method: string, token: Token | undefined): WireObject => ({
  needed: scopesOf[method]?.[0] ?? "",
  provided: [...(token?.scopes ?? [])].join(","),
});

const argsOf = (request: IncomingMessage, body: Buffer, query: URLSearchParams): Args => {
  const type = request.headers["content-type"] ?? "";
  const fromQuery = Object.fromEntries(query);
  if (type.startsWith("application/x-www-form-urlencoded"))
    return { ...fromQuery, ...Object.fromEntries(new URLSearchParams(body.toString())) };
  if (!type.startsWith("application/json")) return fromQuery;
  const parsed = JSON.parse(body.toString()) as Readonly<Record<string, unknown>>;
  const texts = Object.entries(parsed).map(([key, value]) => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return { ...fromQuery, ...Object.fromEntries(texts) } as Args;
};

type Headers = Readonly<Record<string, string>>;

export const json = (
  response: ServerResponse,
  body: WireObject,
  status = 200,
  headers: Headers = {},
): void => {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8", ...headers });
  response.end(JSON.stringify(body));
};
