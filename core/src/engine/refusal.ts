import { MatrixError } from "../matrix/types.ts";

const codes = new Set(["M_USER_DEACTIVATED", "M_EXCLUSIVE", "M_UNKNOWN_TOKEN"]);

/** The homeserver does not let us be that user, or not there. */
export const isRefusal = (error: unknown): error is MatrixError =>
  error instanceof MatrixError &&
  (error.status === 401 || error.status === 403 || codes.has(error.errcode));
