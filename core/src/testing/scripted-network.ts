import { chatId, firstPart, loginId, messageId, networkId, userId } from "../adapter/index.ts";
import type {
  Ability,
  Adapter,
  Attempt,
  Batch,
  ChatInfo,
  ChatRef,
  Connection,
  Host,
  Json,
  LoginRole,
  MessageEvent,
  Network,
  NetworkId,
  NewLogin,
  Order,
  RemoteEvent,
  SendResult,
  Session,
} from "../adapter/index.ts";
import { asJson } from "../engine/as-json.ts";
import { fromPlain } from "../richtext/index.ts";

/** What a chat of this network can do. */
export const scriptedInfo: ChatInfo = {
  kind: "channel",
  name: "lobby",
  visibility: "public",
  features: {
    version: "1",
    text: { max: 1000, unit: "codepoint", lines: "many" },
    relay: { text: "prefix", media: "prefix" },
    can: ["edit", "remove", "find", "react", "vote", "closePoll", "pin"],
    parts: ["poll", "location"],
    media: {},
    thread: "none",
  },
};

/** A login of this network. */
export const loginOf = (name: string, role: LoginRole = "relay"): NewLogin<Json> => ({
  id: loginId(name),
  user: userId(name),
  name,
  account: { name },
  role,
});

export const lobby: ChatRef = { id: chatId("lobby") };

let serial = 0;

/** A message of that person, with a key and id of its own. */
export const saying = (
  sender: string,
  text: string,
  more: Partial<MessageEvent> = {},
): MessageEvent => {
  serial += 1;
  return {
    kind: "message",
    chat: lobby,
    key: `k${serial}`,
    id: messageId(`m${serial}`),
    sender: userId(sender),
    at: 1_700_000_000_000,
    content: { parts: [{ id: firstPart, kind: "text", text: fromPlain(text) }] },
    ...more,
  };
};

/** A network in memory, whose logins and answers a test writes. */
export class ScriptedNetwork {
  /** Its key in the config. */
  readonly id: NetworkId;
  readonly ids: "shared" | "none";
  readonly standing: readonly NewLogin<Json>[];
  readonly sent: { readonly order: Order; readonly attempt: Attempt }[] = [];
  readonly sessions = new Map<string, Session<Json>>();
  readonly accounts: Json[] = [];
  closes = 0;
  connects = 0;
  /** How often a network of it was closed. */
  closed = 0;
  /** What `send` does; by default it is sent at once. */
  send: (order: Order, attempt: Attempt) => Promise<SendResult> = () =>
    Promise.resolve(this.done());
  /** What `connect` does before it gives a connection. */
  connecting: (session: Session<Json>) => Promise<void> = (session) => {
    session.state("connected");
    return Promise.resolve();
  };
  opening: () => Promise<void> = () => Promise.resolve();
  closing: () => Promise<void> = () => Promise.resolve();
  /** What was done beside sending, in order: the method and its arguments as JSON. */
  readonly did: (readonly [method: string, what: Json])[] = [];
  /** Optional methods of every connection, beside those that only note what is done. */
  more: Partial<Connection> = {};
  /** Methods that this network does not have. */
  without: readonly Ability[] = [];
  logins: Adapter<unknown, Json>["logins"] = {};
  publicSearch = false;
  webhooks: NonNullable<Network<Json>["webhooks"]> = {};
  #host: Host | undefined;
  #last = 0;

  constructor(
    options: {
      readonly id?: string;
      readonly ids?: "shared" | "none";
      readonly standing?: readonly NewLogin<Json>[];
    } = {},
  ) {
    this.id = networkId(options.id ?? "net");
    this.ids = options.ids ?? "shared";
    this.standing = options.standing ?? [loginOf("relay")];
  }

  /** The texts that reached the network, in order. */
  get texts(): readonly string[] {
    return this.sent.map(({ order }) => JSON.stringify(order.draft.body));
  }

  done(): SendResult & { state: "sent" } {
    this.#last += 1;
    return { state: "sent", sent: { id: messageId(`s${this.#last}`) } };
  }

  session(login = `${this.id}:relay`): Session<Json> {
    const session = this.sessions.get(login);
    if (!session) throw new Error(`${login} is not connected.`);
    return session;
  }

  accept(events: readonly RemoteEvent[], more: Partial<Batch> = {}): Promise<void> {
    if (!this.#host) throw new Error("The network is not open.");
    return this.#host
      .source("main")
      .accept({ events, seenBy: [loginId(`${this.id}:relay`)], ...more });
  }

  get adapter(): Adapter<unknown, Json> {
    const schema = {
      version: 1,
      docs: [],
      parse: (value: unknown) => ({ ok: true as const, value: structuredClone(value) as Json }),
    };
    return {
      id: "scripted",
      name: "Scripted",
      url: "https://network.test",
      config: schema,
      account: schema,
      logins: this.logins,
      ids: this.ids,
      ...(this.publicSearch ? { publicSearch: true } : {}),
      open: async (host) => {
        await this.opening();
        this.#host = host;
        return {
          standing: this.standing,
          webhooks: this.webhooks,
          connect: (login, session) => {
            this.accounts.push(login.account);
            return this.#connect(login.id, session);
          },
          close: () => {
            this.closed += 1;
            return Promise.resolve();
          },
        };
      },
    };
  }

  async #connect(login: string, session: Session<Json>): Promise<Connection> {
    this.connects += 1;
    this.sessions.set(login, session);
    await this.connecting(session);
    const note = (method: string, what: object): Promise<void> => {
      this.did.push([method, asJson(what)]);
      return Promise.resolve();
    };
    const noted: Partial<Connection> = {
      react: (_chat, reaction, by) => note("react", { ...reaction, by: by.as }),
      vote: (_chat, vote) => note("vote", vote),
      closePoll: (_chat, id) => note("closePoll", { id }),
      pin: (_chat, pin) => note("pin", pin),
    };
    const able = Object.entries({ ...noted, ...this.more });
    return {
      ...Object.fromEntries(able.filter(([method]) => !this.without.some((it) => it === method))),
      send: async (order, attempt) => {
        this.sent.push({ order, attempt });
        return this.send(order, attempt);
      },
      describe: this.more.describe ?? (() => Promise.resolve(scriptedInfo)),
      close: async () => {
        this.closes += 1;
        await this.closing();
      },
    };
  }
}
