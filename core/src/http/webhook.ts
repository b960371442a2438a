import type {
  Request as ExpressRequest,
  RequestHandler,
  Response as ExpressResponse,
} from "express";
import type { Log, Network } from "../adapter/index.ts";
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

/** How long an adapter may take to answer, in milliseconds. */
const patience = 30_000;

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
export const webhook = (options: {
  readonly network: (id: string) => NetworkSurface | undefined;
  readonly address: string;
  readonly log: Log;
}): RequestHandler =>
  handler(async (request, response, next) => {
    const { network = "", name = "" } = request.params;
    const webhooks = options.network(network)?.webhooks;
    if (webhooks === "not-open") return away(response);
    const answer =
      webhooks !== undefined && Object.hasOwn(webhooks, name) ? webhooks[name] : undefined;
    if (answer === undefined) return next();
    if (request.method !== "GET" && request.method !== "POST")
      return wrongMethod(request, response, next);
    const body = await readBytes(request, most);
    if (body === "too-long") {
      response.set("connection", "close");
      return refuse(response, 413, {
        errcode: "M_TOO_LARGE",
        error: `The call was not taken – it is larger than ${most} bytes.`,
      });
    }
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
  });

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
