import { Agent } from "undici";
import type { JsonObject } from "../matrix/types.ts";

/** What came back; `body` is empty where it was no JSON object. */
export type Answer =
  | {
      readonly got: "answer";
      readonly status: number;
      readonly body: JsonObject;
      /** What the `Date` header said, and our own time in the middle of the call. */
      readonly date: number | undefined;
      readonly at: number;
      readonly text: string;
    }
  | { readonly got: "nothing"; readonly code: string };

export interface Question {
  readonly method?: "GET" | "POST";
  readonly token?: string;
  readonly body?: JsonObject;
  /** Milliseconds until it counts as unanswered, instead of ten seconds. */
  readonly patience?: number;
}

/** HTTP for the doctor alone: without the box's gate, because each check wants an answer of its own. */
export interface Asking {
  ask(url: string, question?: Question): Promise<Answer>;
  close(): Promise<void>;
}

const usual = 10_000;
const longest = 1024 * 1024;

export const openAsking = (signal: AbortSignal): Asking => {
  const agent = new Agent({ connect: { timeout: usual }, allowH2: false });
  return {
    ask: async (url, { method = "GET", token, body, patience = usual } = {}) => {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
      const begun = Date.now();
      try {
        const { origin, pathname, search } = new URL(url);
        const answer = await agent.request({
          origin,
          path: pathname + search,
          method,
          signal: limit,
          headers: {
            ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
            ...(body === undefined ? {} : { "content-type": "application/json" }),
          },
          body: body === undefined ? null : JSON.stringify(body),
        });
        const at = (begun + Date.now()) / 2;
        const text = await bounded(answer.body);
        const date = Date.parse(String(answer.headers["date"]));
        return {
          got: "answer",
          status: answer.statusCode,
          body: objectIn(text),
          date: Number.isNaN(date) ? undefined : date,
          at,
          text,
        };
      } catch (error) {
        const late = limit.aborted && !signal.aborted;
        return { got: "nothing", code: late ? "TIMEOUT" : codeOf(error) };
      }
    },
    close: () => agent.destroy(),
  };
};

const bounded = async (body: AsyncIterable<unknown>): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    if (!(chunk instanceof Uint8Array)) continue;
    size += chunk.length;
    if (size > longest) break;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
};

const objectIn = (text: string): JsonObject => {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as JsonObject) : {};
  } catch {
    return {};
  }
};

/** The system's word for what went wrong, such as `ECONNREFUSED`. */
const codeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return "unknown";
  if ("code" in error && typeof error.code === "string") return error.code;
  return error.cause === undefined ? error.name : codeOf(error.cause);
};

/** Why nothing came back, as the end of a sentence about that address. */
export const whyNothing = (code: string, url: string): string => {
  if (!URL.canParse(url)) return `${url} is no address`;
  const { host, hostname } = new URL(url);
  if (code === "ECONNREFUSED") return `nothing listens at ${host}`;
  if (code === "TIMEOUT" || code === "UND_ERR_CONNECT_TIMEOUT")
    return `${host} did not answer within ${usual / 1000} s`;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return `the name ${hostname} is not known`;
  if (/CERT|SSL|TLS|SIGNED|SIGNATURE/.test(code))
    return `the certificate of ${host} is not trusted (${code})`;
  return `${host} gave no answer (${code})`;
};
