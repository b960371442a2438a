import assert from "node:assert/strict";
import type {
  Adapter,
  ChatRef,
  ConnectingLogin,
  Connection,
  Content,
  Draft,
  Finding,
  Json,
  MessageEvent,
  MessageId,
  NewLogin,
  Order,
  RichText,
} from "../adapter/index.ts";
import { firstPart } from "../adapter/index.ts";
import { fromPlain, toPlain } from "../richtext/index.ts";
import type { Kept } from "./memory-host.ts";
import { createAttempt, MemoryHost, nothingKept } from "./memory-host.ts";
import { scriptedLogin } from "./scripted-login.ts";
import type { Ground, Stage } from "./stage.ts";

/** One process life: a connected login in front of a host in memory. */
export interface Life {
  readonly host: MemoryHost;
  readonly connection: Connection;
  readonly login: ConnectingLogin<Json>;
  readonly chat: ChatRef;
  /** Both as often as one likes. */
  close(): Promise<void>;
}

/** (live) A server on which one case is played, by one life after another. */
export interface Scene {
  readonly stage: Stage;
  readonly ground: Ground;
  /** What a message id means to the adapter, or on this server. */
  readonly ids: "shared" | "none";
  /** Where the adapter says that people speak to the box itself. */
  readonly asides: string | undefined;
  readonly config: { parse(value: unknown): { readonly ok: boolean } };
  /** What the adapter finds out about the stage's config; absent: it has nothing like it. */
  readonly check?: (signal: AbortSignal) => Promise<readonly Finding[]>;
  /** The result of a login by that flow, as JSON gives it back. */
  login(flow?: string): Promise<NewLogin<Json>>;
  /** Opens the network and connects; `kept` is what a life before left behind. */
  live(kept?: Kept): Promise<Life>;
  /** A flow whose person gives up at the first field. */
  cancelled(flow: string): Promise<unknown>;
  close(): Promise<void>;
}

export const openScene = async <Config, Account extends Json>(
  adapter: Adapter<Config, Account>,
  ground: Ground,
): Promise<Scene> => {
  const stage = await ground.start();
  const parsed = adapter.config.parse(stage.config);
  assert(parsed.ok, `the harness's config is refused: ${JSON.stringify(parsed)}`);
  const config = parsed.value;
  const lives: Life[] = [];

  const run = async (name: string, cancelled: boolean): Promise<NewLogin<Account>> => {
    const flow = adapter.logins[name];
    assert(flow, `there is no login flow ${name}`);
    const script = stage.logins.find((it) => it.flow === name)?.script;
    assert(script, `the harness has no script for the login flow ${name}`);
    const person = scriptedLogin(script);
    if (cancelled) person.cancel();
    const [login] = await flow.run(person.ui, { config, signal: person.signal });
    assert(login, `the login flow ${name} gave no login`);
    const account: unknown = JSON.parse(JSON.stringify(login.account));
    assert.deepEqual(account, login.account, "an account must be plain JSON");
    const again = adapter.account.parse(account);
    assert(again.ok, `the account schema refuses its own account: ${JSON.stringify(again)}`);
    return { ...login, account: again.value };
  };

  let first: NewLogin<Account> | undefined;
  const firstLogin = async () => (first ??= await run(stage.logins[0]?.flow ?? "", false));

  const live = async (kept: Kept = nothingKept()): Promise<Life> => {
    const { id, user, account, role } = await firstLogin();
    const chat = stage.chat(id);
    const host = new MemoryHost(kept);
    host.chats.push(chat);
    const network = await adapter.open(host.host, config);
    const stored = kept.account === undefined ? undefined : adapter.account.parse(kept.account);
    const current = stored?.ok ? stored.value : account;
    const login = { id, user, account: current, role };
    const connection = await network.connect(login, host.session<Account>());
    const close = async () => {
      await connection.close();
      host.stop();
      await network.close();
    };
    const life: Life = { host, connection, login, chat, close };
    lives.push(life);
    await host.reached("connected");
    await stage.ready?.();
    return life;
  };

  return {
    stage,
    ground,
    ids: stage.ids ?? adapter.ids,
    asides: adapter.asides,
    config: adapter.config,
    ...(adapter.check && {
      check: async (signal) => (await adapter.check?.(config, signal)) ?? [],
    }),
    login: (flow) => (flow === undefined ? firstLogin() : run(flow, false)),
    cancelled: (flow) => run(flow, true),
    live,
    close: async () => {
      for (const life of lives) await life.close();
      await stage.close();
    },
  };
};

/** A message of one text. */
export const contentOf = (text: RichText | string): Content => ({
  parts: [{ id: firstPart, kind: "text", text: typeof text === "string" ? fromPlain(text) : text }],
});

/** What the engine would store: the adapter's plan, or a draft for each part. */
export const planOf = ({ connection, chat }: Life, content: Content): readonly Draft[] => {
  const message = { chat, speaker: { as: "self" }, content, at: 1_700_000_000_000 } as const;
  if (connection.plan) return connection.plan(message);
  return content.parts.map((part) => ({
    part: part.id,
    body: structuredClone(part) as unknown as Json,
    plain: part.kind === "text" ? toPlain(part.text) : part.kind,
    ...(part.kind === "media" ? { media: [part.media] } : {}),
  }));
};

/** The orders that a message makes. */
export const ordersOf = (life: Life, content: Content): readonly Order[] =>
  planOf(life, content).map((draft) => ({ chat: life.chat, draft, speaker: { as: "self" } }));

/** Sends as the engine does and gives the ids, also where they come in later by an echo. */
export const sendAll = async (life: Life, content: Content): Promise<readonly MessageId[]> => {
  const ids: MessageId[] = [];
  for (const order of ordersOf(life, content)) ids.push(await sendOne(life, order));
  return ids;
};

export const sendOne = async (life: Life, order: Order): Promise<MessageId> => {
  const attempt = createAttempt();
  const result = await life.connection.send(order, attempt);
  if (result.state === "sent") return result.sent.id;
  const echo = await life.host.event(
    "the echo that confirms a pending send",
    (event) => event.kind === "message" && event.confirms === attempt.key && event,
  );
  return echo.id;
};

/** The text of a message, as people read it. */
export const textOf = (content: Content): string =>
  content.parts.map((part) => (part.kind === "text" ? toPlain(part.text) : "")).join("\n");

/** Waits for what the other person said. */
export const heard = (life: Life, text: string): Promise<MessageEvent> =>
  life.host.event(
    `the message ${JSON.stringify(text)}`,
    (event) => event.kind === "message" && textOf(event.content) === text && event,
  );

/** How many different log events carry that text; a repeated key is the same event. */
export const countHeard = (life: Life, text: string): number =>
  new Set(
    life.host.events.flatMap((event) =>
      event.kind === "message" && textOf(event.content) === text ? [event.key] : [],
    ),
  ).size;
