import { request, type Agent } from "node:http";
import type { Appservice } from "./appservices.ts";

/** What an appservice answered. */
export type Answer = { readonly status: number; readonly body: string };

/** A call to an appservice: with `Authorization: Bearer hs_token`, never with the token in the query. */
export function callAppservice(
  appservice: Appservice,
  call: { method: "GET" | "PUT" | "POST"; path: string; body?: string },
  through: { agent: Agent; signal: AbortSignal },
): Promise<Answer> {
  const base = appservice.registration.url?.replace(/\/$/, "") ?? "";
  return new Promise((resolve, reject) => {
    const outgoing = request(`${base}/_matrix/app/v1${call.path}`, {
      method: call.method,
      agent: through.agent,
      signal: through.signal,
      headers: {
        authorization: `Bearer ${appservice.registration.hs_token}`,
        ...(call.body === undefined
          ? {}
          : { "content-type": "application/json", "content-length": Buffer.byteLength(call.body) }),
      },
    });
    outgoing.on("error", reject);
    outgoing.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") });
      });
    });
    outgoing.end(call.body);
  });
}
