import type { Call, Homeserver, JsonObject } from "../matrix/types.ts";
import { MatrixError } from "../matrix/types.ts";

/** One call as the homeserver got it. */
export interface Called {
  readonly op: keyof Homeserver;
  readonly as: string;
  readonly class: Call["class"];
  readonly what: JsonObject;
}

/** A refusal as the client reports it. */
export const refusal = (errcode: string, status = 403): MatrixError =>
  new MatrixError(errcode, `The homeserver said ${errcode}.`, {
    status,
    reached: status === 0 || status >= 500 ? "unknown" : "no",
  });
