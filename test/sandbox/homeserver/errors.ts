/** An error reply of the client-server API: status, errcode, sentence and what else the body carries. */
export class ApiError extends Error {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;

  constructor(status: number, body: { errcode: string; error: string; [extra: string]: unknown }) {
    super(`${body.errcode}: ${body.error}`);
    this.status = status;
    this.body = body;
  }
}

/** 403 M_FORBIDDEN: the sender lacks the membership or the power. */
export function forbidden(error: string): ApiError {
  return new ApiError(403, { errcode: "M_FORBIDDEN", error });
}

/** 404 M_NOT_FOUND: no such thing, or none this user may see. */
export function notFound(error = "Not found"): ApiError {
  return new ApiError(404, { errcode: "M_NOT_FOUND", error });
}

/** 400 with M_BAD_JSON or a nearer code: the request is well-formed JSON that says something impossible. */
export function badJson(error: string, errcode = "M_BAD_JSON"): ApiError {
  return new ApiError(400, { errcode, error });
}

/** 400 with any errcode. */
export function badRequest(errcode: string, error: string): ApiError {
  return new ApiError(400, { errcode, error });
}

/** 413 M_TOO_LARGE, for events over 65,536 bytes and bodies over the limit. */
export function tooLarge(error: string): ApiError {
  return new ApiError(413, { errcode: "M_TOO_LARGE", error });
}

/** 401 M_UNKNOWN_TOKEN: that access token is none. */
export function unknownToken(): ApiError {
  const error = "Invalid access token passed.";
  return new ApiError(401, { errcode: "M_UNKNOWN_TOKEN", error, soft_logout: false });
}
