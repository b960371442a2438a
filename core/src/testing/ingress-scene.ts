import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Json, Log, LogData } from "../adapter/index.ts";
import { createListener } from "../http/listener.ts";
import { type AppserviceIngress, createIngress, type IngressOptions } from "../matrix/ingress.ts";
import { isObject, textAt } from "../matrix/parse.ts";
import type { Queries } from "../matrix/types.ts";
import { openSqliteStore } from "../store/index.ts";
import type { Store } from "../store/types.ts";

export const hsToken = "hs-token-that-nobody-may-see";

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly body: unknown;
}

/** An ingress, and the homeserver's side of it. */
export interface IngressScene {
  readonly store: Store;
  readonly ingress: AppserviceIngress;
  readonly warnings: { message: string; data: LogData | undefined }[];
  readonly ask: (
    method: string,
    path: string,
    more?: { body?: string | ReadableStream<Uint8Array>; token?: string | null },
  ) => Promise<Answer>;
  readonly push: (id: string, events: unknown, more?: Record<string, unknown>) => Promise<Answer>;
  readonly inbox: () => Promise<string[]>;
}

/** Knows nobody and nothing. */
export const nobody: Queries = {
  user: async () => false,
  alias: async () => false,
  protocol: async () => undefined,
  location: async () => [],
  person: async () => [],
  locationOf: async () => [],
  personOf: async () => [],
};

/** A place for a store, gone with the test. */
export const storeAt = async (t: TestContext): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), "ingress-"));
  t.after(() => rm(folder, { recursive: true }));
  return join(folder, "box.db");
};

const openStore = async (t: TestContext, path: string): Promise<Store> => {
  const store = await openSqliteStore({ path, boxKey: new Uint8Array(32).fill(7) });
  t.after(() => store.close().catch(() => undefined));
  return store;
};

/** The ingress behind the real listener, on the real store. */
export const openIngress = async (
  t: TestContext,
  more: {
    path?: string;
    queries?: Partial<Queries>;
    commit?: (store: Store) => Store["commit"];
    most?: number;
  } & Pick<IngressOptions, "isSpent" | "gathered"> = {},
): Promise<IngressScene> => {
  const { path, queries, commit, ...others } = more;
  const store = await openStore(t, path ?? (await storeAt(t)));
  const warnings: IngressScene["warnings"] = [];
  const note = (message: string, data?: LogData): void => void warnings.push({ message, data });
  const log: Log = { debug() {}, info() {}, warn: note, error: note };
  const ingress = createIngress({
    store: { commit: commit?.(store) ?? store.commit.bind(store) },
    hsToken,
    queries: { ...nobody, ...queries },
    log,
    ...others,
  });
  const listener = createListener({
    log,
    appservice: ingress.router,
    ready: async () => ({ ok: true, state: {} }),
  });
  const listening = await listener.listen({ host: "127.0.0.1", port: 0 });
  t.after(() => listening.close(0));
  const ask: IngressScene["ask"] = async (
    method,
    path,
    { body, token = `Bearer ${hsToken}` } = {},
  ) => {
    const response = await fetch(`http://127.0.0.1:${listening.port}${path}`, {
      method,
      headers: token === null ? {} : { authorization: token },
      ...(body === undefined ? {} : { body, duplex: "half" }),
    });
    return {
      status: response.status,
      type: response.headers.get("content-type"),
      body: method === "HEAD" ? undefined : await response.json(),
    };
  };
  return {
    store,
    ingress,
    warnings,
    ask,
    push: (id, events, extra = {}) =>
      ask("PUT", `/_matrix/app/v1/transactions/${encodeURIComponent(id)}`, {
        body: JSON.stringify({ events, ...extra }),
      }),
    inbox: async () => (await store.read.inbox.next(20_000)).map(({ event }) => idOf(event)),
  };
};

const idOf = (event: Json): string =>
  (isObject(event) ? textAt(event, "event_id") : undefined) ?? "?";
