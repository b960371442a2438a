import type {
  Request as ExpressRequest,
  RequestHandler,
  Response as ExpressResponse,
} from "express";
import type { Log, Millis, Network } from "../adapter/index.ts";
import { deadlineWithin } from "../flow/deadline.ts";
import { handler, refuse, wrongMethod } from "../web/answers.ts";
import { readBytes } from "../web/body.ts";

/** What stands behind the public paths of a network. */
export interface NetworkSurface {
  /** As people know it. */
  readonly name: string;
  /** Absent while the network is not open. */
  readonly webhooks: Network<never>["webhooks"] | "not-open";
}

/** The longest body that a network may send, in bytes. */
const most = 4 * 1024 * 1024;

/** All bodies that are read or worked on together, in bytes: whoever calls has shown no token yet. */
const mostTogether = 32 * 1024 * 1024;

/** How long a body may take to arrive, in milliseconds. */
const slowest = 15_000;

/** How long an adapter may take to answer, in milliseconds. */
const patience = 30_000;

export interface WebhookOptions {
  /** Nothing: no network of that name is configured. */
  readonly network: (id: string) => NetworkSurface | undefined;
  /** What the URLs begin with that networks call, as they know it. */
  readonly address: string;
  readonly log: Log;
  /** How much of bodies, and for how long; else what is the default here. */
  readonly bounds?: { readonly together: number; readonly slowest: Millis };
}

/** Headers about the connection itself, and those by which the box keeps browsers out. */
const kept = new Set([
  "connection",
  "content-length",
  "content-security-policy",
  "keep-alive",
  "transfer-encoding",
  "x-content-type-options",
  "x-frame-options",
]);

/** Hands a call to the network's own handler: with its body as it came, so that signatures hold. */
export const webhook = (options: WebhookOptions): RequestHandler => {
  const bounds = options.bounds ?? { together: mostTogether, slowest };
  let held = 0;
  return handler(async (request, response, next) => {
    const { network = "", name = "" } = request.params;
    const webhooks = options.network(network)?.webhooks;
    if (webhooks === "not-open") return away(response);
    const answer =
      webhooks !== undefined && Object.hasOwn(webhooks, name) ? webhooks[name] : undefined;
    if (answer === undefined) return next();
    if (request.method !== "GET" && request.method !== "POST")
      return wrongMethod(request, response, next);
    let mine = 0;
    const take = (bytes: number): boolean => {
      if (held + bytes > bounds.together) return false;
      mine += bytes;
      held += bytes;
      return true;
    };
    try {
      const body = await within(bounds.slowest, request, () => readBytes(request, most, take));
      if (typeof body === "string") return notTaken(response, body);
      await called(options, { request, response, network, name, answer, body });
    } finally {
      held -= mine;
    }
  });
};

/** A call whose body is there. */
interface Call {
  readonly request: ExpressRequest;
  readonly response: ExpressResponse;
  readonly network: string;
  readonly name: string;
  readonly answer: (request: Request) => Promise<Response>;
  readonly body: Buffer<ArrayBuffer>;
}

const called = async (
  options: WebhookOptions,
  { request, response, network, name, answer, body }: Call,
): Promise<void> => {
  const place = `${options.address}/network/${network}/${name}`;
  const deadline = deadlineWithin(patience, new AbortController().signal);
  const late = new Promise<"late">((resolve) =>
    deadline.signal.addEventListener("abort", () => resolve("late"), { once: true }),
  );
  try {
    const given = await Promise.race([
      answer(asWebRequest(request, { place, body, signal: deadline.signal })),
      late,
    ]);
    if (given === "late") throw new Error("it did not answer in time");
    await pass(given, response);
  } catch (error) {
    options.log.error("a call of a network was not answered", {
      network,
      webhook: name,
      why: error instanceof Error ? error.message : "unknown",
    });
    refuse(response, 500, {
      errcode: "M_UNKNOWN",
      error: "The box could not answer; its log says why.",
    });
  } finally {
    deadline.end();
  }
};

/** Who sends too slowly is let go without an answer: they would not read it either. */
const within = async <T>(
  time: Millis,
  request: ExpressRequest,
  work: () => Promise<T>,
): Promise<T> => {
  const timer = setTimeout(() => request.destroy(), time);
  return work().finally(() => clearTimeout(timer));
};

const notTaken = (response: ExpressResponse, why: "too-long" | "full"): void => {
  response.set("connection", "close");
  if (why === "full") {
    response.set("retry-after", "5");
    return refuse(response, 503, {
      errcode: "M_LIMIT_EXCEEDED",
      error: "The call was not taken – too much is being sent at once – try again.",
    });
  }
  refuse(response, 413, {
    errcode: "M_TOO_LARGE",
    error: `The call was not taken – it is larger than ${most} bytes.`,
  });
};

const away = (response: ExpressResponse): void => {
  response.set("retry-after", "10");
  refuse(response, 503, {
    errcode: "M_UNKNOWN",
    error: "The call was not taken – this network is not open yet – try again.",
  });
};

const asWebRequest = (
  request: ExpressRequest,
  {
    place,
    body,
    signal,
  }: { readonly place: string; readonly body: Buffer<ArrayBuffer>; readonly signal: AbortSignal },
): Request => {
  const headers = new Headers();
  const raw = request.rawHeaders;
  for (let at = 0; at + 1 < raw.length; at += 2) headers.append(raw[at] ?? "", raw[at + 1] ?? "");
  const query = request.originalUrl.indexOf("?");
  const url = place + (query < 0 ? "" : request.originalUrl.slice(query));
  const { method } = request;
  return new Request(url, { method, headers, signal, ...(method === "GET" ? {} : { body }) });
};

const pass = async (given: Response, response: ExpressResponse): Promise<void> => {
  const body = Buffer.from(await given.arrayBuffer());
  response.status(given.status);
  for (const [name, value] of given.headers) if (!kept.has(name)) response.append(name, value);
  response.send(body);
};
