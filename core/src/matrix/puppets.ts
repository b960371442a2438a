import { givenUp } from "./fault.ts";

/** What is asked for; the wire's `Ask` is one. */
interface Asked {
  readonly does: string;
  readonly method: string;
  readonly path: string;
}

/** By what the box acts as people of this homeserver, and as whom it may. */
export interface PuppetOptions {
  /** Of the registration over all of them. */
  readonly asToken: string;
  /** Whether that person owns a login of this box. Asked before every call. */
  readonly owns: (mxid: string) => Promise<boolean>;
}

/** All that is ever done as a person: to say, to take back, to have read, to come where they are invited. */
const allowed: readonly (readonly [method: string, path: RegExp])[] = [
  ["PUT", /^\/_matrix\/client\/v3\/rooms\/[^/]+\/send\/[^/]+\/[^/]+$/],
  ["PUT", /^\/_matrix\/client\/v3\/rooms\/[^/]+\/redact\/[^/]+\/[^/]+$/],
  ["POST", /^\/_matrix\/client\/v3\/rooms\/[^/]+\/receipt\/m\.read\/[^/]+$/],
  ["POST", /^\/_matrix\/client\/v3\/join\/[^/]+$/],
  ["GET", /^\/_matrix\/client\/v3\/account\/whoami$/],
];

/**
 * The token for a call as a person. The registration's token opens everybody's account, so this is the
 * one place that gives it out.
 * @throws MatrixError where the box may not do that as them; nothing has left then.
 */
export const puppetToken = async (
  puppets: PuppetOptions | undefined,
  { as, domain, ask }: { readonly as: string; readonly domain: string; readonly ask: Asked },
): Promise<string> => {
  const local = as.startsWith("@") && as.slice(as.indexOf(":") + 1) === domain;
  if (puppets === undefined || !local || !(await puppets.owns(as)))
    throw givenUp(ask.does, "that user is not one of the box's own", false);
  if (!allowed.some(([method, path]) => method === ask.method && path.test(ask.path)))
    throw givenUp(ask.does, "the box does not do that as a person", false);
  return puppets.asToken;
};
