import { BridgeError, sourceId } from "../adapter/index.ts";
import type { Host, Json, KeyValue, Session } from "../adapter/index.ts";
import type { Login } from "../store/types.ts";
import { openSource } from "./accept.ts";
import type { LiveNetwork } from "./box.ts";
import { sessionMedia } from "./media/session-media.ts";
import type { Works } from "./works.ts";

/** What a network or a login is given: its inlets, with the positions of now, and its own store. */
export const hostFor = async (
  works: Works,
  live: LiveNetwork,
  { scope, signal }: { readonly scope: string; readonly signal: AbortSignal },
): Promise<Host> => {
  const source = sourceId(scope);
  const cursors = new Map(Object.entries(await works.box.store.read.cursors.of(source)));
  return {
    source: (name) => openSource(works, { live, scope: source, name, cursors }),
    store: keyValue(works, scope),
    log: works.box.log,
    signal,
  };
};

interface OfLogin {
  readonly row: Login;
  readonly state: Session<Json>["state"];
  readonly signal: AbortSignal;
}

/** The session of one connection: once its signal has aborted, it changes nothing any more. */
export const sessionFor = async (
  works: Works,
  live: LiveNetwork,
  { row: { id }, state, signal }: OfLogin,
): Promise<Session<Json>> => {
  const { store } = works.box;
  return {
    ...(await hostFor(works, live, { scope: id, signal })),
    state,
    saveAccount: async (account) => {
      const accountVersion = live.settings.adapter.account.version;
      await store.commit(async (tx) => {
        const row = await tx.logins.get(id);
        if (row && !signal.aborted) await tx.logins.put({ ...row, account, accountVersion });
      });
    },
    chats: async () => {
      const portals = await store.read.portals.ofLogin(id);
      return portals.filter((portal) => !portal.dead).map((portal) => portal.chat);
    },
    media: sessionMedia(works),
  };
};

const keyValue = ({ box: { store } }: Works, scope: string): KeyValue => ({
  get: (key) => store.read.keys.get(scope, key),
  set: (key, value, options) =>
    store.commit((tx) => tx.keys.set(scope, key, value, options?.secret ?? false)),
});

/**
 * What was stored of a login, in the form that the adapter takes now.
 * @throws BridgeError `auth` when it cannot be read.
 */
export const accountOf = (live: LiveNetwork, row: Login): Json => {
  const schema = live.settings.adapter.account;
  if (row.account !== null) {
    const stored =
      row.accountVersion < schema.version && schema.migrate
        ? schema.migrate(row.account, row.accountVersion)
        : row.account;
    const parsed = schema.parse(stored);
    if (parsed.ok) return parsed.value;
  }
  const advice =
    row.owner === undefined ? "Put a new token or password into the config." : "Log in again.";
  throw new BridgeError(
    "auth",
    `${row.name} was not connected: what is stored of it cannot be read. ${advice}`,
    { reached: "no", scope: "login" },
  );
};
