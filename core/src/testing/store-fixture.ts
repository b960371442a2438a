import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { chatId, loginId, messageId, networkId, partId, userId } from "../adapter/index.ts";
import type {
  Item,
  ItemId,
  Lane,
  Login,
  MessageRow,
  NewItem,
  Outcome,
  Portal,
  PortalId,
  Retriable,
  Store,
} from "../store/index.ts";

export type OpenStore = (dir: string) => Promise<Store>;

/** A store and how another process opens the same one: a module that exports `open(dir)`. */
export interface StoreUnderTest {
  readonly open: OpenStore;
  /** Copies the store of that folder, from another process if need be, into that file. */
  readonly copy: (dir: string, to: string) => Promise<void>;
  readonly opener: URL;
}

export const net = networkId("net");

/** A folder that is gone after the test. */
export const tempDir = async (t: TestContext): Promise<string> => {
  const dir = await mkdtemp(join(tmpdir(), "bridgebox-store-"));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
};

/** A store in a folder of its own, closed after the test. */
export const freshStore = async (t: TestContext, open: OpenStore): Promise<Store> => {
  const store = await open(await tempDir(t));
  t.after(() => store.close());
  return store;
};

export const portalIn = (store: Store, chat = "chat"): Promise<Portal> =>
  store.commit((tx) => tx.portals.ensure(net, { id: chatId(chat) }, "remote"));

export const outOf = (portal: PortalId): Lane => ({ portal, direction: "out" });

/** An item named by its key. */
export const newItem = (lane: Lane, key: string, more: Partial<NewItem> = {}): NewItem => ({
  lane,
  rank: 1,
  origin: `$${key}`,
  kind: "message",
  payload: { text: key },
  at: 1_000,
  key,
  ...more,
});

export const addItem = (store: Store, item: NewItem): Promise<ItemId> =>
  store.commit((tx) => tx.items.add(item));

/** Two items that are only ever stored together. */
export const pairOf = (portal: PortalId, pair: number): readonly NewItem[] =>
  [`${pair}a`, `${pair}b`].map((key) => newItem(outOf(portal), key));

/** The keys of the lane in the order in which it does them; empties it. */
export const drain = async (store: Store, lane: Lane): Promise<readonly string[]> => {
  const keys: string[] = [];
  for (let item = await store.read.items.head(lane); item; item = await next(store, item)) {
    keys.push(item.key);
  }
  return keys;
};

const next = async (store: Store, { id, lane }: Item): Promise<Item | undefined> => {
  await store.commit((tx) => tx.items.done(id));
  return store.read.items.head(lane);
};

export const newMessage = (
  portal: PortalId,
  remote: string,
  more: Partial<MessageRow> = {},
): MessageRow => ({
  portal,
  remote: messageId(remote),
  part: partId(""),
  event: `$${remote}`,
  room: "!room:test",
  sender: "@ghost:test",
  author: undefined,
  from: "remote",
  at: 1_000,
  login: undefined,
  content: undefined,
  thread: undefined,
  ...more,
});

export const newOutcome = (
  portal: PortalId,
  origin: string,
  more: Partial<Outcome> = {},
): Outcome => ({
  origin,
  portal,
  direction: "out",
  state: "delivered",
  code: undefined,
  sentence: undefined,
  at: 1_000,
  room: undefined,
  notice: undefined,
  ...more,
});

/** A message that may not have arrived. */
export const newRetriable = (
  portal: PortalId,
  key: string,
  more: Partial<Retriable> = {},
): Retriable => ({
  key,
  portal,
  origin: "$1",
  sub: 0,
  kind: "message",
  payload: { event: { body: "hi" } },
  draft: undefined,
  attempt: 2,
  firstAt: 5,
  notes: { upload: "u" },
  doubtful: true,
  at: 10,
  ...more,
});

/** Somebody's login. */
export const alice: Login = {
  id: loginId("net:alice"),
  network: net,
  owner: "@alice:test",
  user: userId("alice"),
  name: "Alice",
  role: "user",
  account: { token: "t0ken", dc: 2 },
  accountVersion: 1,
  since: 5,
};
