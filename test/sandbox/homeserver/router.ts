import type { Requester } from "./accounts.ts";
import type { Json } from "./json.ts";

/** A request as handlers see it. */
export type Call = {
  readonly method: string;
  /** The path as it was sent: part of a transaction's key. */
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly contentType: string | undefined;
  readonly bytes: Buffer;
  /** The body as a JSON object; M_NOT_JSON or M_BAD_JSON when it is none. */
  readonly json: () => Json;
  /** The access token: from the header, or from the query of old clients. */
  readonly token: () => string | undefined;
  readonly authenticate: () => Requester;
  /** Calls back when the client goes away. */
  readonly onClose: (job: () => void) => void;
};

/** A request by a known user. */
export type UserCall = Call & { readonly requester: Requester };

/** Bytes instead of JSON. */
export type Download = { readonly download: Buffer; readonly contentType: string };

/** An answer other than 200. */
export type StatusReply = { readonly status: number; readonly body: Json };

/** What a handler answers. */
export type Reply = Json | unknown[] | Download | StatusReply;

/** One path of the API. */
export type Route = {
  readonly method: string;
  readonly pattern: string;
  readonly run: (call: Call) => Reply | Promise<Reply>;
};

/** A route that anyone may call. */
export function openRoute(method: string, pattern: string, run: Route["run"]): Route {
  return { method, pattern, run };
}

/** A route that needs an access token. */
export function route(
  method: string,
  pattern: string,
  run: (call: UserCall) => Reply | Promise<Reply>,
): Route {
  return { method, pattern, run: (call) => run({ ...call, requester: call.authenticate() }) };
}

type Entry = { segments: readonly string[]; byMethod: Map<string, Route["run"]> };

/** A route with its parameters, or why there is none. */
export type Found =
  | { readonly run: Route["run"]; readonly params: Record<string, string> }
  | "no such path"
  | "no such method";

/** Finds the route of a path. `:name` stands for one segment. */
export class Router {
  readonly #bySize = new Map<number, Entry[]>();

  constructor(routes: Iterable<Route>) {
    for (const { method, pattern, run } of routes) {
      const segments = pattern.split("/");
      const peers = this.#bySize.get(segments.length) ?? [];
      this.#bySize.set(segments.length, peers);
      const known = peers.find((entry) => entry.segments.join("/") === pattern);
      const entry = known ?? { segments, byMethod: new Map() };
      if (!known) peers.push(entry);
      entry.byMethod.set(method, run);
    }
  }

  find(method: string, path: string): Found {
    const segments = path.replace("/_matrix/client/r0/", "/_matrix/client/v3/").split("/");
    let pathExists = false;
    for (const entry of this.#bySize.get(segments.length) ?? []) {
      if (!entry.segments.every((name, at) => name.startsWith(":") || name === segments[at]))
        continue;
      pathExists = true;
      const run = entry.byMethod.get(method);
      if (!run) continue;
      const params: Record<string, string> = {};
      entry.segments.forEach((name, at) => {
        if (name.startsWith(":")) params[name.slice(1)] = decoded(segments[at] ?? "");
      });
      return { run, params };
    }
    return pathExists ? "no such method" : "no such path";
  }
}

/** Percent-decoding that takes a malformed escape for what it says. */
export function decoded(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
