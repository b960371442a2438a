import { once } from "node:events";
import { createServer } from "node:http";
import { asBody, listOf } from "../sandbox/client.ts";
import type { Body } from "../sandbox/client.ts";

/** Where a host of boxes has their states posted to. */
export const statePlace = async () => {
  const posted: Body[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      const state: unknown = JSON.parse(text);
      posted.push(asBody(state));
      response.end("{}");
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/`,
    of: (login: string) =>
      posted.findLast((state) => state["remote_id"] === login)?.["state_event"],
    box: () => posted.flatMap((state) => (state["remote_id"] ? [] : [state["state_event"]])),
    /** How far an event has come. */
    steps: (event: string) =>
      posted
        .flatMap((body) => listOf(body, "checkpoints"))
        .filter((one) => one["event_id"] === event)
        .map(({ step, status }) => `${String(step)} ${String(status)}`),
    close: () => server.close().closeAllConnections(),
  };
};

export type StatePlace = Awaited<ReturnType<typeof statePlace>>;
