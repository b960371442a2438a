import type { ConnectedHomeserver } from "./client.ts";
import { isObject } from "./parse.ts";
import { MatrixError } from "./types.ts";
import type { Ask } from "./wire.ts";

/** What `request`, and therefore bot-sdk, hands to its callback. */
interface Response {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

type Callback = (error: Error | null, response?: Response, body?: unknown) => void;

/**
 * A function in the shape of `request` for bot-sdk's `setRequestFn`, so that the library's calls take
 * our path, our slots and our gate. It answers JSON calls to our homeserver only; bytes have a way
 * of their own. The caller's headers are not looked at: the token is put in where it always is.
 */
export const requestThrough =
  (homeserver: Pick<ConnectedHomeserver, "request">, address: string) =>
  (params: unknown, callback: Callback): void => {
    const asked = askOf(params, address.replace(/\/+$/, ""));
    if (typeof asked === "string") {
      callback(new Error(`The library's call was not made: ${asked}.`));
      return;
    }
    const answer = async (): Promise<Response> => {
      const call = { class: "roster" as const, as: asked.as };
      try {
        const body = await homeserver.request(asked.ask, call);
        return { statusCode: 200, headers: {}, body };
      } catch (error) {
        if (!(error instanceof MatrixError) || error.status === 0) throw error;
        const body = {
          errcode: error.errcode,
          error: error.message,
          ...(error.retryAfter === undefined ? {} : { retry_after_ms: error.retryAfter }),
        };
        return { statusCode: error.status, headers: {}, body };
      }
    };
    const tell = async (): Promise<void> => {
      const [error, response] = await settled(answer());
      callback(error, response, response?.body);
    };
    void tell();
  };

const settled = async (answer: Promise<Response>): Promise<[Error | null, Response?]> => {
  try {
    return [null, await answer];
  } catch (error) {
    return [error instanceof Error ? error : new Error("The library's call failed.")];
  }
};

interface Asked {
  readonly ask: Ask;
  readonly as: string | undefined;
}

const askOf = (params: unknown, address: string): Asked | string => {
  if (!isObject(params)) return "it has no parameters";
  const { uri, method, body } = params;
  if (typeof uri !== "string" || !uri.startsWith(`${address}/_matrix/`)) {
    return "it is not for our homeserver";
  }
  if (method !== "GET" && method !== "PUT" && method !== "POST" && method !== "DELETE") {
    return "its method is unknown";
  }
  const { user_id: as, ...query } = fieldsOf(params["qs"]);
  const content = typeof body === "string" ? parsed(body) : undefined;
  if (body !== undefined && content === undefined) return "its body is no JSON object";
  return {
    ask: {
      does: "do what the bridge library asked",
      method,
      path: uri.slice(address.length),
      query,
      ...(isObject(content) ? { body: content } : {}),
    },
    as: typeof as === "string" ? as : undefined,
  };
};

const fieldsOf = (qs: unknown): Record<string, string | string[]> => {
  const fields: [string, string | string[]][] = [];
  for (const [name, value] of Object.entries(isObject(qs) ? qs : {})) {
    if (Array.isArray(value)) fields.push([name, value.map(String)]);
    else if (typeof value === "string") fields.push([name, value]);
    else if (typeof value === "number" || typeof value === "boolean") {
      fields.push([name, String(value)]);
    }
  }
  return Object.fromEntries(fields);
};

const parsed = (text: string): unknown => {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
};
