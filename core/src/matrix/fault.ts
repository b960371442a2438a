import type { Millis } from "../adapter/index.ts";
import { isObject, tame, textAt } from "./parse.ts";
import { MatrixError } from "./types.ts";

/** Codes that are only ever raised before the first byte of a request has left. */
const neverLeft = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EADDRNOTAVAIL",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_DESTROYED",
  "UND_ERR_CLOSED",
  "CERT_HAS_EXPIRED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "ERR_TLS_CERT_ALTNAME_INVALID",
]);

/** What came of a call that got no answer. `does` is what it was for, as in "send an event". */
export const noAnswer = (does: string, error: unknown, left: boolean): MatrixError => {
  const code = codeOf(error);
  const reached = left && !neverLeft.has(code) ? "unknown" : "no";
  return new MatrixError(
    "NETWORK",
    reached === "no"
      ? `Could not ${does}: the homeserver cannot be reached (${code}). Is it running, and is its address right?`
      : `Perhaps did not ${does}: the homeserver closed the connection without an answer (${code}).`,
    { status: 0, reached, cause: error },
  );
};

/** The call was given up: by its deadline or by whoever made it. */
export const givenUp = (does: string, why: string, left: boolean): MatrixError =>
  new MatrixError("NETWORK", `${left ? "Perhaps did" : "Did"} not ${does}: ${why}.`, {
    status: 0,
    reached: left ? "unknown" : "no",
  });

/** The server answered with something that no homeserver says. */
export const notMatrix = (does: string, what: string, status: number): MatrixError =>
  new MatrixError(
    "HTTP",
    `Could not ${does}: ${what} (HTTP ${status}). Is there a homeserver at this address?`,
    { status, reached: status >= 300 && status < 500 ? "no" : "unknown" },
  );

/** An answer above 299, whatever it says. */
export const refused = (
  does: string,
  answer: {
    readonly status: number;
    readonly body: unknown;
    readonly retryAfter: string | undefined;
    readonly now: Millis;
  },
): MatrixError => {
  const { status, body } = answer;
  const reached = status < 500 ? "no" : "unknown";
  const retryAfter = waitOf(answer);
  const errcode = isObject(body) ? textAt(body, "errcode") : undefined;
  if (!isObject(body) || errcode === undefined) {
    return new MatrixError(
      status === 429 ? "M_LIMIT_EXCEEDED" : "HTTP",
      `Could not ${does}: the answer was HTTP ${status} without a Matrix error.`,
      { status, reached, retryAfter },
    );
  }
  const says = tame(textAt(body, "error") ?? "without a reason");
  return new MatrixError(
    tame(errcode, 100),
    `Could not ${does}: the homeserver says "${says}" (${tame(errcode, 100)}, HTTP ${status}).`,
    { status, reached, retryAfter },
  );
};

/** The longest wait a server may ask for: an hour. */
const longestWait = 3_600_000;

const waitOf = (answer: {
  readonly status: number;
  readonly body: unknown;
  readonly retryAfter: string | undefined;
  readonly now: Millis;
}): Millis | undefined => {
  const inBody = isObject(answer.body) ? answer.body["retry_after_ms"] : undefined;
  const wait = typeof inBody === "number" ? inBody : headerWait(answer.retryAfter, answer.now);
  if (wait === undefined || !Number.isFinite(wait)) return undefined;
  return Math.min(longestWait, Math.max(0, Math.ceil(wait)));
};

/** Retry-After: seconds or an HTTP date (RFC 9110 §10.2.3). */
const headerWait = (header: string | undefined, now: Millis): Millis | undefined => {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : date - now;
};

const codeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return "unknown";
  if ("code" in error && typeof error.code === "string") return error.code;
  return error.cause === undefined ? error.name : codeOf(error.cause);
};
