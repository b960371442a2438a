import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import {
  asBody,
  listOf,
  seenEvent,
  textOf,
  until,
  type Body,
  type SeenEvent,
} from "../sandbox/client.ts";

/** One transaction as it was pushed. */
export type Pushed = {
  readonly id: string;
  readonly text: string;
  readonly authorization: string | undefined;
  readonly status: number;
};

/** The appservice's end of the wire: answers, remembers, and fails when told to. */
export class RecordingAppservice {
  readonly transactions: Pushed[] = [];
  readonly queries: string[] = [];
  readonly pings: Body[] = [];
  /** Answers for the next transactions; 200 when the list is empty. */
  readonly nextStatuses: number[] = [];
  /** A transaction that holds one of these texts is answered with 500, once each. */
  readonly refusals = new Set<string>();
  /** Called on an alias query; true answers 200. */
  onAlias: (alias: string) => Promise<boolean> = () => Promise.resolve(false);
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  /** Listens on a free port and gives its URL. */
  async listen(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("No TCP address");
    return `http://127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    if (this.#server.listening) await once(this.#server, "close");
  }

  /** Events of the acknowledged transactions, in order. */
  events(): SeenEvent[] {
    return this.transactions
      .filter(({ status }) => status === 200)
      .flatMap(({ text }) => listOf(asBody(JSON.parse(text)), "events"))
      .map((event) => seenEvent(textOf(event, "room_id"), event));
  }

  /** Ephemeral events under a body key. */
  ephemeral(key: string): Body[] {
    return this.transactions.flatMap(({ text }) => listOf(asBody(JSON.parse(text)), key));
  }

  /** Waits until an acknowledged event fits. */
  async untilEvent(what: string, fits: (event: SeenEvent) => boolean): Promise<SeenEvent> {
    return await until(what, () => this.events().find(fits));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString("utf8");
    const path = decodeURIComponent((request.url ?? "").replace(/\?.*/, ""));
    const last = path.split("/").at(-1) ?? "";
    let status = 200;
    if (path.includes("/transactions/")) {
      const refused = [...this.refusals].find((one) => text.includes(one));
      status = refused === undefined ? (this.nextStatuses.shift() ?? 200) : 500;
      if (refused !== undefined) this.refusals.delete(refused);
      const { authorization } = request.headers;
      this.transactions.push({ id: last, text, authorization, status });
    } else if (path.endsWith("/ping")) {
      this.pings.push(asBody(JSON.parse(text)));
    } else {
      this.queries.push(path);
      const isMade = path.includes("/rooms/") && (await this.onAlias(last));
      status = isMade ? 200 : 404;
    }
    response.writeHead(status, { "content-type": "application/json" });
    response.end(status === 200 ? "{}" : '{"errcode":"M_NOT_FOUND","error":"not here"}');
  }
}
