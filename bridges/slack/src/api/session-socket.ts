import { BridgeError } from "@bridgebox/core/adapter";
import { WebSocket } from "ws";
import { isSlackSocket } from "./hosts.ts";
import { asObject, objectIn, textIn, type Wire } from "./shapes.ts";
import type { Transport } from "./transport.ts";
import { Watched } from "./watched.ts";
import type { Api } from "./web.ts";

/** Between two signs of life, in milliseconds; after half as long again the socket is given up. */
const heartbeat = 15_000;

/** (live) What a browser's session can say on its socket. */
export interface SessionSocket {
  readonly transport: Transport;
  /** Nothing where it is not connected. */
  send(frame: Wire): void;
}

/**
 * The socket of a browser's session: it hears everything that its person sees, typing and read marks
 * too. Nothing is acknowledged there, so what could not be stored is asked for after a reconnect.
 */
export const openSessionSocket = (api: Api): SessionSocket => {
  let current: WebSocket | undefined;
  let frames = 0;
  const send = (frame: Wire): void => {
    if (current?.readyState !== WebSocket.OPEN) return;
    frames += 1;
    current.send(JSON.stringify({ id: frames, ...frame }));
  };
  const watched = new Watched(send);
  const transport: Transport = async (ears) => {
    const what = "Slack's events cannot be heard";
    const aware = { batch_presence_aware: true };
    const answer = await api.call("rtm.connect", aware, { what, signal: ears.signal });
    const { cookie } = api.credentials;
    const headers = cookie === undefined ? {} : { cookie: `d=${cookie}` };
    const socket = new WebSocket(addressOf(api, answer), {
      headers,
      handshakeTimeout: heartbeat,
    });
    let heard = Date.now();
    const stop = (): void => socket.terminate();
    ears.signal.addEventListener("abort", stop, { once: true });
    let answered: NodeJS.Timeout | undefined;
    const beat = setInterval(() => {
      const asked = Date.now();
      send({ type: "ping" });
      answered = setTimeout(() => heard < asked && stop(), heartbeat / 2);
    }, heartbeat);
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once("error", (cause) => {
          const facts = { reached: "no", scope: "login", cause } as const;
          reject(
            new BridgeError("network", `${what}: the connection failed. It is tried again.`, facts),
          );
        });
        socket.once("close", () => resolve());
        socket.on("message", (raw) => {
          heard = Date.now();
          const frame = parsed(raw);
          if (frame === undefined) return;
          if (frame["type"] === "hello") {
            current = socket;
            ears.opened().catch(stop);
            void watched.opened(api, textIn(objectIn(answer, "self"), "id"), ears.signal);
          } else if (frame["type"] !== "pong" && frame["reply_to"] === undefined) {
            watched.heard(frame);
            ears.receive({ type: "event_callback", event: frame }).catch(stop);
          }
        });
        if (ears.signal.aborted) stop();
      });
    } finally {
      watched.closed();
      clearInterval(beat);
      clearTimeout(answered);
      ears.signal.removeEventListener("abort", stop);
      if (current === socket) current = undefined;
    }
  };
  return { transport, send };
};

/** The cookie goes there, so it must be one of Slack's. */
const addressOf = (api: Api, answer: Wire): string => {
  const url = textIn(answer, "url") ?? "";
  if (URL.canParse(url) && isSlackSocket(new URL(url), new URL(api.url))) return url;
  const why = "it would lead to a host that is not Slack's";
  const facts = { reached: "no", scope: "login" } as const;
  throw new BridgeError("network", `Slack's events cannot be heard: ${why}.`, facts);
};

const parsed = (raw: unknown): Wire | undefined => {
  try {
    return asObject(JSON.parse(String(raw)));
  } catch {
    return undefined;
  }
};
