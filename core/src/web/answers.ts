import type { RequestHandler, Response } from "express";

/** Every refusal of the box in Matrix's own form: `errcode`, and a sentence for whoever reads it. */
export const refuse = (
  response: Response,
  status: number,
  what: { readonly errcode: string; readonly error: string },
): void => {
  response.status(status).json(what);
};

/** A handler that may be asynchronous: its rejection goes to the listener's error handler. */
export const handler =
  (work: (...args: Parameters<RequestHandler>) => Promise<void>): RequestHandler =>
  (request, response, next) => {
    const run = async (): Promise<void> => {
      try {
        await work(request, response, next);
      } catch (error) {
        next(error);
      }
    };
    void run();
  };

/** For every method of a path that has none of its own. */
export const wrongMethod: RequestHandler = (_, response) => {
  refuse(response, 405, { errcode: "M_UNRECOGNIZED", error: "This path has no such method." });
};
