import { WebClient } from "@slack/web-api";
import { toBridgeError } from "../errors.ts";
import type { Setting } from "../errors.ts";
import { silent } from "./silent.ts";
import { asObject } from "./shapes.ts";
import type { Wire } from "./shapes.ts";

/** As whom calls are made. */
export interface Credentials {
  readonly token: string;
  /** The `d` cookie that a browser's token goes with. */
  readonly cookie?: string;
  /** Where the token stands in the config, which is where a new one has to be put. */
  readonly setting?: Setting;
}

export interface Asking {
  /** What did not happen, where it does not: "The message was not sent". */
  readonly what: string;
  readonly signal: AbortSignal;
}

export type Call = (method: string, args: Wire, asking: Asking) => Promise<Wire>;

/** Calls of one account. */
export interface Api {
  /** @throws BridgeError whose `cause` knows Slack's own code (`slackCode`). */
  readonly call: Call;
  readonly credentials: Credentials;
  /** Where the Web API answers. */
  readonly url: string;
  /** Slack's clock, in milliseconds, at its last answer. */
  now(): number;
}

/** A client with the one call that it makes now. */
interface Line {
  readonly client: WebClient;
  signal: AbortSignal;
  /** A request of the call was begun. */
  left: boolean;
}

/**
 * Each call has a client to itself while it lasts, because only a client's `fetch` can be given a
 * signal, and tell whether anything left. No retries of the library's own: whoever calls knows what
 * may be repeated.
 */
export const openApi = (
  url: string,
  {
    credentials,
    signal: ended,
  }: { readonly credentials: Credentials; readonly signal: AbortSignal },
): Api => {
  let now = Date.now();
  const idle: Line[] = [];

  const openLine = (): Line => {
    const line: Line = {
      signal: ended,
      left: false,
      client: new WebClient(credentials.token, {
        slackApiUrl: url,
        logger: silent,
        retryConfig: { retries: 0 },
        rejectRateLimitedCalls: true,
        ...(credentials.cookie === undefined
          ? {}
          : { headers: { Cookie: `d=${credentials.cookie}` } }),
        fetch: async (target, init) => {
          const { signal } = line;
          signal.throwIfAborted();
          line.left = true;
          const response = await fetch(target, { ...init, signal });
          now = Date.parse(response.headers.get("date") ?? "") || Date.now();
          return response;
        },
      }),
    };
    return line;
  };

  const call: Call = async (method, args, { what, signal }) => {
    const line = idle.pop() ?? openLine();
    line.signal = AbortSignal.any([signal, ended]);
    line.left = false;
    try {
      return asObject(await line.client.apiCall(method, { ...args })) ?? {};
    } catch (thrown) {
      const { left } = line;
      const { setting } = credentials;
      throw toBridgeError(thrown, { what, method, left, aborted: line.signal.aborted, setting });
    } finally {
      line.signal = ended;
      idle.push(line);
    }
  };
  return { call, credentials, url, now: () => now };
};
