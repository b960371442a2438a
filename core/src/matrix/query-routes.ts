import type { Request, RequestHandler, Response, Router } from "express";
import { handler, refuse, wrongMethod } from "../web/answers.ts";
import type { JsonObject, Queries } from "./types.ts";

/** The homeserver's questions: users, aliases and third-party networks, under all names they have had. */
export const queryRoutes = (at: {
  readonly router: Router;
  readonly admitted: RequestHandler;
  readonly queries: Queries;
}): void => {
  const { router, admitted, queries } = at;
  const get = (places: readonly string[], work: (q: Question) => Promise<unknown>): void => {
    for (const place of places) {
      router.route(place).get(admitted, answer(work)).all(wrongMethod);
    }
  };

  get(anyPrefix("/users/:id"), async ({ parameter }) =>
    (await queries.user(parameter("id"))) ? {} : undefined,
  );
  get(anyPrefix("/rooms/:alias"), async ({ parameter }) =>
    (await queries.alias(parameter("alias"))) ? {} : undefined,
  );
  get(anyPrefix("/thirdparty/protocol/:protocol"), ({ parameter }) =>
    queries.protocol(parameter("protocol")),
  );
  get(anyPrefix("/thirdparty/location/:protocol"), async ({ parameter, fields }) =>
    any(await queries.location(parameter("protocol"), fields)),
  );
  get(anyPrefix("/thirdparty/user/:protocol"), async ({ parameter, fields }) =>
    any(await queries.person(parameter("protocol"), fields)),
  );
  get(anyPrefix("/thirdparty/location"), async ({ fields }) =>
    any(await queries.locationOf(fields["alias"] ?? "")),
  );
  get(anyPrefix("/thirdparty/user"), async ({ fields }) =>
    any(await queries.personOf(fields["userid"] ?? "")),
  );
};

const any = (found: readonly JsonObject[]): readonly JsonObject[] | undefined =>
  found.length === 0 ? undefined : found;

interface Question {
  readonly parameter: (name: string) => string;
  /** The query string: single texts only, without what legacy servers put there to sign in. */
  readonly fields: Readonly<Record<string, string>>;
}

/** v1, `unstable` and the bare paths of the first servers. */
const anyPrefix = (place: string): string[] => [
  `/_matrix/app/v1${place}`,
  `/_matrix/app/unstable${place}`,
  place,
];

/** 200 with what was found, 404 without. */
const answer = (work: (question: Question) => Promise<unknown>): RequestHandler =>
  handler(async (request: Request, response: Response) => {
    const found = await work({
      parameter: (name) => request.params[name] ?? "",
      fields: fieldsOf(request),
    });
    if (found === undefined) {
      return refuse(response, 404, { errcode: "M_NOT_FOUND", error: "The box has nothing of it." });
    }
    response.status(200).json(found);
  });

const fieldsOf = (request: Request): Record<string, string> => {
  const fields: [string, string][] = [];
  for (const [name, value] of Object.entries(request.query)) {
    if (name !== "access_token" && typeof value === "string") fields.push([name, value]);
  }
  return Object.fromEntries(fields);
};
