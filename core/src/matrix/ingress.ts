import { type RequestHandler, Router } from "express";
import type { Log, Millis } from "../adapter/index.ts";
import type { Store } from "../store/types.ts";
import { handler, refuse, wrongMethod } from "../web/answers.ts";
import { readJsonBody } from "../web/body.ts";
import { tokenCheck } from "../web/token.ts";
import { tame } from "./parse.ts";
import { Holes } from "./holes.ts";
import { makeIntake } from "./intake.ts";
import { queryRoutes } from "./query-routes.ts";
import { parseTransaction, type Transaction } from "./transaction.ts";
import type { Ephemeral, Ingress, MatrixEvent, Queries, Straight } from "./types.ts";

export interface IngressOptions {
  readonly store: Pick<Store, "commit">;
  readonly hsToken: string;
  readonly queries: Queries;
  readonly log: Log;
  readonly now?: () => Millis;
  /** True: nothing is lost if that event is not stored. */
  readonly isSpent?: (event: MatrixEvent) => Promise<boolean>;
  /** The answer to a transaction in which nothing else was waits for this, which must be soon. */
  readonly gathered?: () => Promise<void>;
  /** Routes events where they are stored; without it all wait in the inbox. */
  readonly straight?: Straight;
  /** A transaction was refused, so that the homeserver sends what it kept back: wake it. */
  readonly onHole?: () => void;
  /** The longest transaction in bytes; 64 MiB. */
  readonly most?: number;
  /** A named place at which tests kill, fail or hang the process. */
  readonly failpoint?: (name: string) => Promise<void>;
}

/** What the homeserver pushes, durable before it is acknowledged. */
export interface AppserviceIngress extends Ingress {
  /** To be mounted at the root of the listener. */
  readonly router: Router;
  readonly counts: Readonly<IngressCounts>;
  /** When the homeserver last reached us, with the right token. */
  readonly lastContact: Millis | undefined;
  /**
   * Called with what a new transaction carried beside events, once its events are stored; `behind`: how
   * old the newest thing in it is that says when it was, in milliseconds.
   */
  onEphemeral(listener: EphemeralListener): () => void;
  /** Called with the events that a commit took, in order. */
  onStored(listener: (events: readonly MatrixEvent[]) => void): () => void;
}

type EphemeralListener = (list: readonly Ephemeral[], behind: Millis) => void;

/** Totals since the start, for metrics. */
export interface IngressCounts {
  transactions: number;
  stored: number;
  /** Events taken before. */
  repeated: number;
  /** Events that are none. */
  skipped: number;
}

const defaultMost = 64 * 1024 * 1024;
/** Transactions longer than this are not read for echoes one by one. */
const mostEchoes = 100;
/** Events in one commit: a huge transaction must not hold up everybody else's. */
const chunkSize = 500;

/**
 * The appservice API (spec: Application Service API). A transaction is answered 200 once its events
 * are on disk; an event is taken once, whatever transaction ids it comes under, and a known
 * transaction id is no reason to leave out an event that is new.
 */
export const createIngress = (options: IngressOptions): AppserviceIngress => {
  const { store, log, queries } = options;
  const now = options.now ?? Date.now;
  const failpoint = options.failpoint ?? (() => Promise.resolve());
  const counts: IngressCounts = { transactions: 0, stored: 0, repeated: 0, skipped: 0 };
  const committed = new Set<() => void>();
  const ephemeral = new Set<EphemeralListener>();
  const stored = new Set<(events: readonly MatrixEvent[]) => void>();
  let lastContact: Millis | undefined;
  const holes = new Holes(now);
  const check = tokenCheck(options.hsToken);

  const admitted: RequestHandler = (request, response, next) => {
    const verdict = check(request.headers.authorization);
    if (verdict === "ok") {
      lastContact = now();
      return next();
    }
    if (verdict === "missing") {
      const error = "Nothing was done: the Authorization header has no Bearer token.";
      return refuse(response, 401, { errcode: "M_MISSING_TOKEN", error });
    }
    const error = "Nothing was done: this is not the hs_token of the box's registration.";
    refuse(response, 403, { errcode: "M_FORBIDDEN", error });
  };

  /** A transaction of nothing but echoes costs no commit. */
  const unspent = async ({ events, ephemeral }: Transaction): Promise<readonly MatrixEvent[]> => {
    const { isSpent } = options;
    if (!isSpent || events.length > mostEchoes || ephemeral.length > 0) return events;
    const left: MatrixEvent[] = [];
    for (const event of events) if (!(await isSpent(event))) left.push(event);
    return left;
  };

  const intake = makeIntake({ store, now, log, straight: options.straight });

  /** True: the id is new. */
  const keep = async (id: string, events: readonly MatrixEvent[]): Promise<boolean> => {
    let fresh = true;
    for (let start = 0; start === 0 || start < events.length; start += chunkSize) {
      const chunk = events.slice(start, start + chunkSize);
      const last = start + chunkSize >= events.length;
      await failpoint("ingress.before-commit");
      const taken = await intake(chunk, last ? id : undefined);
      await failpoint("ingress.committed");
      fresh = taken.fresh;
      counts.stored += taken.events.length;
      counts.repeated += chunk.length - taken.events.length;
      taken.routed?.();
      if (taken.events.length === 0) continue;
      for (const listener of stored) listener(taken.events);
      for (const listener of committed) listener();
    }
    return fresh;
  };

  const report = (id: string, { skipped }: Transaction): void => {
    if (skipped.length === 0) return;
    counts.skipped += skipped.length;
    log.warn("events skipped: they are malformed", {
      transaction: tame(id, 80),
      count: skipped.length,
      why: [...new Set(skipped)].slice(0, 5).join("; "),
    });
  };

  const takeTransaction = handler(async (request, response) => {
    const body = await readJsonBody(request, options.most ?? defaultMost);
    if (body.kind === "too-long") {
      response.set("connection", "close");
      const error = "Nothing was taken: the transaction is too long.";
      return refuse(response, 413, { errcode: "M_TOO_LARGE", error });
    }
    if (body.kind === "not-json") {
      const error = "Nothing was taken: the body is not JSON.";
      return refuse(response, 400, { errcode: "M_NOT_JSON", error });
    }
    const transaction = parseTransaction(body.value);
    if (typeof transaction === "string") {
      return refuse(response, 400, { errcode: "M_BAD_JSON", error: transaction });
    }
    const id = request.params["id"] ?? "";
    if (holes.refuses(id)) {
      log.info("transaction refused once: the homeserver has kept one before it back", {
        transaction: tame(id, 80),
      });
      response.once("finish", () => options.onHole?.());
      const error = "Nothing was taken: a transaction before this one has not come. Send it first.";
      return refuse(response, 503, { errcode: "M_UNKNOWN", error });
    }
    const events = await unspent(transaction);
    const spent = transaction.events.length > 0 && events.length === 0;
    const outcome = await (spent ? Promise.resolve(true) : keep(id, events)).then(
      (fresh) => ({ fresh }),
      (error: unknown) => {
        log.error("transaction not stored: the homeserver keeps it and will try again", {
          transaction: tame(id, 80),
          why: error instanceof Error ? error.message : "unknown",
        });
        return undefined;
      },
    );
    if (outcome === undefined) {
      const error = "Not everything was taken: the store cannot be written. Please try again.";
      return refuse(response, 503, { errcode: "M_UNKNOWN", error });
    }
    counts.transactions += 1;
    holes.taken(id);
    report(id, transaction);
    if (spent) await options.gathered?.();
    response.status(200).json({});
    if (!outcome.fresh || transaction.ephemeral.length === 0) return;
    const behind = ageOf(transaction, now());
    for (const listener of ephemeral) listener(transaction.ephemeral, behind);
  });

  const router = Router({ caseSensitive: true, strict: true });
  for (const place of ["/_matrix/app/v1/transactions/:id", "/transactions/:id"]) {
    router.route(place).put(admitted, takeTransaction).all(wrongMethod);
  }
  for (const place of ["/_matrix/app/v1/ping", "/_matrix/app/unstable/fi.mau.msc2659/ping"]) {
    router
      .route(place)
      .post(admitted, (_, response) => void response.status(200).json({}))
      .all(wrongMethod);
  }
  queryRoutes({ router, admitted, queries });

  return {
    router,
    counts,
    get lastContact() {
      return lastContact;
    },
    onCommitted: subscribe(committed),
    onEphemeral: subscribe(ephemeral),
    onStored: subscribe(stored),
  };
};

/** Of a transaction in which nothing says when it was: none, as if it were new. */
const ageOf = ({ events }: Transaction, now: Millis): Millis =>
  events.length === 0
    ? 0
    : Math.max(0, now - Math.max(...events.map(({ origin_server_ts: ts }) => ts)));

const subscribe =
  <T>(listeners: Set<T>) =>
  (listener: T): (() => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };
