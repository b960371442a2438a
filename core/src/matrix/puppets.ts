import { givenUp } from "./fault.ts";
import { decodedPath } from "./path.ts";
import type { Fields } from "./path.ts";
import type { Given, Place } from "./types.ts";

/** What is asked for; the wire's `Ask` is one. */
interface Asked {
  readonly does: string;
  readonly method: string;
  readonly path: string;
  readonly query?: Fields;
}

/** By what the box acts as people, and as whom it may. */
export interface PuppetOptions {
  /** Of the registration over the people of this homeserver. */
  readonly asToken?: string | undefined;
  /** Whether that person owns a login of this box. Asked before every call. */
  readonly owns: (mxid: string) => Promise<boolean>;
  /** What they gave for themselves, if they did. */
  readonly given?: ((mxid: string) => Promise<Given | undefined>) | undefined;
}

/** How one call leaves. */
export interface Leave {
  readonly token: string;
  /** Told as `user_id`; absent: the token itself says who acts. */
  readonly as?: string | undefined;
  readonly place?: Place | undefined;
  /** A person's own: what the homeserver asks of it (patience, a new login) is no matter of the box's. */
  readonly isOwn: boolean;
}

const v3 = "/_matrix/client/v3";

/**
 * All that is ever done as a person: to say, to take back, to have read, to come where they are invited,
 * and how they see a chat: direct, silent, first, unread. `…` is themselves.
 */
const allowed: readonly (readonly [methods: string, path: RegExp])[] = [
  ["PUT", /^rooms\/[^/]+\/send\/[^/]+\/[^/]+$/],
  ["PUT", /^rooms\/[^/]+\/redact\/[^/]+\/[^/]+$/],
  ["POST", /^rooms\/[^/]+\/receipt\/m\.read\/[^/]+$/],
  ["POST", /^join\/[^/]+$/],
  ["GET", /^account\/whoami$/],
  ["GET PUT", /^user\/…\/account_data\/m\.direct$/],
  ["GET PUT", /^user\/…\/rooms\/[^/]+\/account_data\/(?:m|com\.famedly)\.marked_unread$/],
  ["GET", /^user\/…\/rooms\/[^/]+\/tags$/],
  ["PUT DELETE", /^user\/…\/rooms\/[^/]+\/tags\/m\.(?:favourite|lowpriority)$/],
  ["GET PUT DELETE", /^pushrules\/global\/room\/[^/]+$/],
  ["GET", /^sync$/],
];

/** Never by a session of theirs: what waits for its device would be gone. */
const byServiceOnly = `${v3}/sync`;

const isAllowed = ({ method, path }: Asked, as: string): boolean => {
  if (!path.startsWith(`${v3}/`)) return false;
  const [first, whose, ...rest] = path.slice(v3.length + 1).split("/");
  const own = first === "user" && decodedPath(whose ?? "") === as;
  const shown = own ? ["user", "…", ...rest].join("/") : path.slice(v3.length + 1);
  return allowed.some(
    ([methods, pattern]) => methods.split(" ").includes(method) && pattern.test(shown),
  );
};

/**
 * The token for a call as a person: their own, or the registration's, which opens everybody's account. So
 * this is the one place that gives either out. What is to bear another time than now goes by the
 * registration where it can: homeservers take `ts` from nobody else.
 * @throws MatrixError where the box may not do that as them; nothing has left then.
 */
export const puppetLeave = async (
  puppets: PuppetOptions | undefined,
  { as, domain, ask }: { readonly as: string; readonly domain: string; readonly ask: Asked },
): Promise<Leave> => {
  const isUser = as.startsWith("@") && as.includes(":");
  if (puppets === undefined || !isUser || !(await puppets.owns(as)))
    throw givenUp(ask.does, "that user is not one of the box's own", false);
  if (!isAllowed(ask, as)) throw givenUp(ask.does, "the box does not do that as a person", false);
  const isLocal = serverOf(as) === domain;
  const given = ask.path === byServiceOnly ? undefined : await puppets.given?.(as);
  const { asToken } = puppets;
  const byService = isLocal && asToken !== undefined;
  if (given !== undefined && !(byService && ask.query?.["ts"] !== undefined)) {
    if (isLocal !== (given.place === undefined))
      throw givenUp(ask.does, "that person's token is for another homeserver", false);
    return { ...given, isOwn: true };
  }
  if (byService) return { token: asToken, as, isOwn: false };
  throw givenUp(ask.does, "that user is not one of the box's own", false);
};

/** The server name of a user: all after the first colon (specification, appendices, "User Identifiers"). */
export const serverOf = (mxid: string): string => mxid.slice(mxid.indexOf(":") + 1);
