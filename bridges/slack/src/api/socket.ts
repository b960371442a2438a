import bolt from "@slack/bolt";
import { toBridgeError } from "../errors.ts";
import type { Setting } from "../errors.ts";
import { silent } from "./silent.ts";
import type { Transport } from "./transport.ts";

const notConnected = "Slack's events cannot be heard";
/** How long a connection may take until Slack says hello, in milliseconds. */
const patience = 15_000;
/**
 * How long Slack may leave our pings unanswered, in milliseconds. The library asks three times as often,
 * and needs up to two more of its turns to end the connection: 9 s are never reached.
 */
const silence = 5_000;

interface AppSocket {
  readonly appToken: string;
  readonly url: string;
  /** Where the token stands in the config, if it does. */
  readonly setting?: Setting;
}

/**
 * Socket Mode by Bolt (docs.slack.dev/apis/events-api/using-socket-mode). Two of its habits are
 * changed: it would acknowledge an event before anybody has handled it, so its `processEvent` is
 * called after ours; and its own reconnecting ends the process when Slack cannot be reached, so it is
 * off, and whoever calls this calls again.
 */
export const socketMode =
  ({ appToken, url, setting }: AppSocket): Transport =>
  async (ears) => {
    const limit = AbortSignal.any([ears.signal, AbortSignal.timeout(patience)]);
    const receiver = new bolt.SocketModeReceiver({
      appToken,
      logger: silent,
      autoReconnectEnabled: false,
      clientPingTimeout: silence,
      processEventErrorHandler: () => Promise.resolve(false),
      installerOptions: {
        clientOptions: {
          slackApiUrl: url,
          retryConfig: { retries: 0 },
          fetch: (target, init) => fetch(target, { ...init, signal: limit }),
        },
      },
    });
    const app = new bolt.App({
      receiver,
      logger: silent,
      ignoreSelf: false,
      convoStore: false,
      clientOptions: { slackApiUrl: url },
      authorize: () => Promise.resolve({}),
    });
    const acknowledge = app.processEvent.bind(app);
    app.processEvent = async (event) => {
      await ears.receive(event.body);
      await acknowledge(event);
    };
    const over = new Promise<void>((resolve) => {
      receiver.client.on("disconnected", () => resolve());
    });
    const stop = (): void => void receiver.client.disconnect();
    // Told to disconnect before there is a socket, the client opens it all the same.
    receiver.client.on("connecting", () => {
      if (limit.aborted) queueMicrotask(stop);
    });
    try {
      await untilAborted(receiver.client.start(), limit);
    } catch (thrown) {
      stop();
      const call = { what: notConnected, method: "apps.connections.open", setting };
      throw toBridgeError(thrown, { ...call, left: true, aborted: limit.aborted });
    }
    ears.signal.addEventListener("abort", stop, { once: true });
    if (ears.signal.aborted) stop();
    else await ears.opened();
    await over;
    ears.signal.removeEventListener("abort", stop);
  };

const untilAborted = async (work: Promise<unknown>, signal: AbortSignal): Promise<void> => {
  const { promise, reject } = Promise.withResolvers<never>();
  const late = (): void => reject(new Error("Slack did not say hello."));
  if (signal.aborted) late();
  signal.addEventListener("abort", late, { once: true });
  try {
    await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", late);
    work.catch(() => undefined);
  }
};
