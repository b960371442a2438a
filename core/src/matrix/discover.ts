import { Agent, request } from "undici";
import type { Dispatcher } from "undici";
import type { Millis } from "../adapter/index.ts";
import { noAnswer, notMatrix } from "./fault.ts";
import { outsideLookup, strangersAddress } from "./outside.ts";
import { isObject, textAt } from "./parse.ts";
import { MatrixError } from "./types.ts";
import { parseOr, readText } from "./wire-body.ts";

/** What is called, and how it is reached: tests call servers of their own. */
export interface Finder {
  /** @throws MatrixError where nobody should be called there. */
  readonly address: (text: string) => string;
  readonly dispatcher: Dispatcher;
  /** For the whole of it. */
  readonly deadline: Millis;
}

/** Calls strangers: https alone, and addresses of the open internet alone. */
export const strangersFinder = (): Finder => ({
  address: strangersAddress,
  dispatcher: new Agent({
    connections: 2,
    connect: { lookup: outsideLookup, timeout: 10_000 },
    headersTimeout: 10_000,
    bodyTimeout: 10_000,
  }),
  deadline: 20_000,
});

const does = "find that homeserver";
const longestAnswer = 50 * 1024;
const mostRedirects = 3;

/** A host name, perhaps with a port (specification, appendices, "Server Name"). IP addresses are not found. */
const namePattern = /^([A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?)(?::\d{1,5})?$/;

/**
 * Where the client API of a homeserver is (Client-Server API, "Well-known URI"): what
 * `/.well-known/matrix/client` of its name says, the name itself where there is no such thing. It is a
 * homeserver if it tells its versions.
 * @throws MatrixError with the reason.
 */
export const findHomeserver = async (
  finder: Finder,
  server: string,
  outer: AbortSignal,
): Promise<string> => {
  const host = namePattern.exec(server)?.[1];
  if (host === undefined) throw unfit(`${server.slice(0, 100)} is no server name`);
  const signal = AbortSignal.any([outer, AbortSignal.timeout(finder.deadline)]);
  const known = await read(finder, `https://${host}/.well-known/matrix/client`, signal);
  const base = known === undefined ? undefined : baseIn(known);
  const address = finder.address(base ?? `https://${host}`);
  const versions = await read(finder, `${address}/_matrix/client/versions`, signal);
  if (!Array.isArray(versions?.["versions"]))
    throw notMatrix(does, "nothing there speaks Matrix", 200);
  return address;
};

const baseIn = (known: Record<string, unknown>): string => {
  const section = known["m.homeserver"];
  const base = isObject(section) ? textAt(section, "base_url") : undefined;
  if (base === undefined) throw unfit("its .well-known names no homeserver");
  return base;
};

/** A JSON object by GET; nothing where there is none (404). Redirects are followed, each looked at first. */
const read = async (
  finder: Finder,
  from: string,
  signal: AbortSignal,
): Promise<Record<string, unknown> | undefined> => {
  let url = from;
  for (let hops = 0; hops <= mostRedirects; hops += 1) {
    const { pathname } = new URL(url);
    finder.address(url);
    const answer = await request(url, { dispatcher: finder.dispatcher, signal }).catch(
      (error: unknown) => Promise.reject(noAnswer(does, error, false)),
    );
    const { statusCode: status, headers } = answer;
    const text = await readText(answer, longestAnswer).catch((error: unknown) =>
      Promise.reject(noAnswer(does, error, false)),
    );
    const location = headers["location"];
    if (status >= 300 && status < 400 && typeof location === "string") {
      if (!URL.canParse(location, url)) throw notMatrix(does, "it leads nowhere", status);
      url = new URL(location, url).href;
      continue;
    }
    if (status === 404) return undefined;
    if (status !== 200) throw notMatrix(does, `${pathname} is not there`, status);
    if (text === undefined) throw notMatrix(does, "the answer is too long", status);
    const body = parseOr(text, undefined);
    if (!isObject(body)) throw notMatrix(does, "the answer is no JSON object", status);
    return body;
  }
  throw unfit("it leads on and on");
};

const unfit = (why: string): MatrixError =>
  new MatrixError("M_INVALID_PARAM", `Could not ${does}: ${why}.`, { status: 0, reached: "no" });
