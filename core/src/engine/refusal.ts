import { MatrixError } from "../matrix/types.ts";

const codes = new Set(["M_USER_DEACTIVATED", "M_EXCLUSIVE", "M_UNKNOWN_TOKEN"]);

/** The homeserver does not let us be that user, or not there. */
export const isRefusal = (error: unknown): error is MatrixError =>
  error instanceof MatrixError &&
  (error.status === 401 || error.status === 403 || codes.has(error.errcode));

/** Whoever is not there cannot leave, and need not. */
export const outAlready = (error: unknown): void => {
  if (!(error instanceof MatrixError) || !outCodes.has(error.errcode)) throw error;
};

const outCodes: ReadonlySet<string> = new Set(["M_FORBIDDEN", "M_NOT_FOUND", "M_BAD_STATE"]);
