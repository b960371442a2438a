import { asBridgeError, errorTable } from "../adapter/index.ts";
import type { ErrorCode, ErrorScope, Millis } from "../adapter/index.ts";
import { MatrixError } from "../matrix/types.ts";

/** What a failed attempt means for its item. */
export type Verdict =
  | {
      readonly next: "wait";
      readonly code: ErrorCode;
      readonly sentence: string;
      /** The attempt certainly did not arrive. */
      readonly sure: boolean;
      /** What it closes besides the item. */
      readonly closes: ErrorScope | "homeserver";
      readonly retryAfter: Millis | undefined;
    }
  | { readonly next: "fail"; readonly code: ErrorCode; readonly sentence: string };

/** A network's error. What may have arrived is never failed here: it is looked for first. */
const ofNetwork = (thrown: unknown): Verdict => {
  const error = asBridgeError(thrown);
  const { code, scope, retryAfter } = error;
  const sentence = error.message;
  const sure = error.reached === "no";
  const waits = errorTable[code].transient || !sure || (scope !== "item" && code === "auth");
  return waits
    ? { next: "wait", code, sentence, sure, closes: scope, retryAfter }
    : { next: "fail", code, sentence };
};

const ofHomeserver = (error: MatrixError): Verdict => {
  const sentence = error.message;
  const sure = error.reached === "no";
  const wait = (code: ErrorCode, closes: "item" | "homeserver"): Verdict => ({
    next: "wait",
    code,
    sentence,
    sure,
    closes,
    retryAfter: error.retryAfter,
  });
  if (error.errcode === "M_LIMIT_EXCEEDED" || error.status === 429)
    return wait("rate_limit", "homeserver");
  if (error.status === 0) return wait("network", sure ? "homeserver" : "item");
  if (error.status >= 500) return wait("network", "item");
  if (error.errcode === "M_UNKNOWN_TOKEN" || error.errcode === "M_MISSING_TOKEN")
    return wait("auth", "homeserver");
  if (error.errcode === "M_TOO_LARGE" || error.status === 413)
    return { next: "fail", code: "too_large", sentence };
  if (error.errcode === "M_FORBIDDEN") return { next: "fail", code: "forbidden", sentence };
  if (error.errcode === "M_NOT_FOUND") return { next: "fail", code: "not_found", sentence };
  return { next: "fail", code: "invalid", sentence };
};

/** The one place that decides what an error means for the item that met it. */
export const judge = (thrown: unknown): Verdict =>
  thrown instanceof MatrixError ? ofHomeserver(thrown) : ofNetwork(thrown);
