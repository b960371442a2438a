import { tmpdir } from "node:os";
import type { Log, Millis } from "../adapter/index.ts";
import { type Clock, type Gate, systemClock } from "../flow/gate.ts";
import { Abroad } from "./abroad.ts";
import { askingOver } from "./asking.ts";
import { findHomeserver, strangersFinder } from "./discover.ts";
import { notMatrix } from "./fault.ts";
import { findAnnotation, findByKey } from "./find.ts";
import { mediaOver } from "./media.ts";
import { parseEvent } from "./parse.ts";
import { path } from "./path.ts";
import type { PuppetOptions } from "./puppets.ts";
import { rooms, roomCalls } from "./room-calls.ts";
import type { Call, Homeserver, JsonObject } from "./types.ts";
import { userCalls, whoami, whoIn } from "./user-calls.ts";
import { viewCalls } from "./view-calls.ts";
import { type Ask, Wire } from "./wire.ts";

/** Where the homeserver is, and who we are to it. */
export interface HomeserverOptions {
  /** e.g. `http://127.0.0.1:8008`; may have a path before `/_matrix`. */
  readonly address: string;
  readonly domain: string;
  /** The bot's MXID. */
  readonly bot: string;
  readonly asToken: string;
  /** The `id` of the registration. */
  readonly asId: string;
  /** Is that user the box's own? Calls as anybody else never leave, but what `puppets` allows. */
  readonly admit?: (mxid: string) => boolean;
  /** To act as people who are logged in. */
  readonly puppets?: PuppetOptions | undefined;
  /** Told of each call that left, once it is over: what was done, and whether it was, or was not in an expected way. */
  readonly called?: (does: string, ok: boolean) => void;
  readonly log: Log;
  readonly clock?: Clock;
  /** Where uploads of unknown size wait; the system's temporary folder if absent. */
  readonly spool?: string;
  readonly deadline?: { readonly call: Millis; readonly media: Millis };
}

/** The homeserver with its gate: shut while it is away or asked for patience. Calls wait for it. */
export interface ConnectedHomeserver extends Homeserver {
  readonly gate: Gate;
  /** The homeserver called us: an outage that our calls saw is over. */
  heard(): void;
  /** One JSON call, for what has no method of its own: same path, same gate. */
  request(ask: Ask, call: Call): Promise<JsonObject>;
}

const defaultDeadline = { call: 30_000, media: 600_000 };
/** Another homeserver has no longer, in milliseconds. */
const longestAbroad: Millis = 20_000;

const never = new AbortController().signal;

/** The homeserver over HTTP: it never retries, and never sends anything before it is asked. */
export const connectHomeserver = (options: HomeserverOptions): ConnectedHomeserver => {
  const { domain, bot, asId, log } = options;
  const clock = options.clock ?? systemClock;
  const deadline = options.deadline ?? defaultDeadline;
  const abroad = new Abroad({ clock, deadline: Math.min(deadline.call, longestAbroad) });
  const wire = new Wire({ ...options, clock, deadline, abroad: (place) => abroad.at(place) });
  const asking = askingOver(wire);
  const { ask, tell, ifThere } = asking;
  let versions: Promise<JsonObject> | undefined;
  log.debug("homeserver client ready", { domain, bot });

  const getEvent: Homeserver["getEvent"] = async (room, event, call) => {
    const does = "read an event";
    const request = { does, method: "GET", path: rooms + path`/${room}/event/${event}` } as const;
    const found = await ifThere(request, call, [403, 404]);
    if (found === undefined) return undefined;
    const parsed = parseEvent({ room_id: room, ...found });
    if (typeof parsed === "string") throw notMatrix(does, `it is no event: ${parsed}`, 200);
    return parsed;
  };

  return {
    domain,
    bot,
    gate: wire.turnstile.gate,
    heard: () => wire.turnstile.heard(),
    request: ask,
    media: mediaOver(wire, { clock, spool: options.spool ?? tmpdir() }),
    close: async () => {
      await Promise.all([wire.close(), abroad.close()]);
    },
    whoIs: async (given, call) => whoIn(await wire.jsonBy({ ...given, isOwn: true }, whoami, call)),
    findServer: async (name, call) => {
      const finder = strangersFinder();
      try {
        return await findHomeserver(finder, name, call.signal ?? never);
      } finally {
        await finder.dispatcher.destroy();
      }
    },
    getEvent,
    findByKey: (what, call) => findByKey(wire, what, call),
    findAnnotation: (what, call) => findAnnotation(wire, what, call),
    ...roomCalls(asking),
    ...userCalls(asking, bot),
    ...viewCalls(asking),
    isRedacted: async (room, event, call) => {
      const found = await getEvent(room, event, call);
      return found?.unsigned?.["redacted_because"] !== undefined;
    },
    ping: (call) =>
      tell(
        {
          does: "be pinged back by the homeserver",
          method: "POST",
          path: path`/_matrix/client/v1/appservice/${asId}/ping`,
          body: {},
        },
        call,
      ),
    versions: (call) =>
      (versions ??= ask(
        { does: "ask for the versions", method: "GET", path: "/_matrix/client/versions" },
        { class: call.class },
      ).catch((error: unknown) => {
        versions = undefined;
        throw error;
      })),
  };
};
