import type { Millis } from "./ids.ts";

/** What an error code means everywhere: in a notice, over HTTP, as a metric label, in the docs. */
export interface ErrorMeaning {
  readonly http: number;
  /** Worth trying again by itself. */
  readonly transient: boolean;
  /** What a reader of the docs is told about it. */
  readonly says: string;
  /** What they can do about it, also for the docs. */
  readonly todo?: string;
}

/** The closed table: one row drives notice, HTTP status, metric label and docs. */
export const errorTable = {
  auth: {
    http: 401,
    transient: false,
    says: "The login is no longer valid: log in again.",
    todo: "Log in again with `login`, or put a new token into the config where the login is the box's.",
  },
  forbidden: {
    http: 403,
    transient: false,
    says: "The network does not allow it to this account.",
    todo: "Ask whoever may allow it there: an operator, an owner, an administrator.",
  },
  not_found: {
    http: 404,
    transient: false,
    says: "The chat, person or message does not exist.",
    todo: "Check the name. A message that was deleted there cannot be answered or changed any more.",
  },
  gone: {
    http: 410,
    transient: false,
    says: "It existed and does not any more.",
    todo: "Nothing: what was there was taken away.",
  },
  too_large: {
    http: 413,
    transient: false,
    says: "It is larger than the other side takes.",
    todo: "Send less: a shorter text, a smaller file, or a link to it.",
  },
  unsupported: {
    http: 501,
    transient: false,
    says: "The other side has nothing like it.",
    todo: "Say it in words.",
  },
  invalid: {
    http: 400,
    transient: false,
    says: "It cannot be sent as it is.",
    todo: "The sentence says what is wrong with it; change that and send it again.",
  },
  rate_limit: {
    http: 429,
    transient: true,
    says: "The other side asked to wait.",
    todo: "Nothing: it waits as long as the other side said, and goes on by itself.",
  },
  network: {
    http: 502,
    transient: true,
    says: "The other side cannot be reached.",
    todo: "Nothing: it is tried again. If it stays so, look whether the network is up, and what `npm run doctor` says.",
  },
  timeout: {
    http: 504,
    transient: true,
    says: "The other side did not answer in time.",
    todo: "Where it is not tried again by itself, look there whether it was done, and repeat it if not.",
  },
  expired: {
    http: 410,
    transient: false,
    says: "It waited so long that it was not sent any more.",
    todo: "Send it again if it still matters.",
  },
  banned: {
    http: 403,
    transient: false,
    says: "The account is banned there.",
    todo: "Ask the people who banned the account.",
  },
  full: {
    http: 507,
    transient: true,
    says: "There is no room left to store it.",
    todo: "The admin frees space on the disk. Where it is the network's limit, remove something there.",
  },
  cancelled: {
    http: 409,
    transient: false,
    says: "It was taken back before it was sent.",
    todo: "Nothing: somebody wanted it so.",
  },
  doubtful: {
    http: 504,
    transient: false,
    says: "Nobody can tell whether it arrived.",
    todo: "Look there. Send it again only if it is missing.",
  },
  internal: {
    http: 500,
    transient: false,
    says: "bridgebox made a mistake; its log says more.",
    todo: "Tell the admin the time; the log has the rest.",
  },
} as const satisfies Record<string, Required<ErrorMeaning>>;

export type ErrorCode = keyof typeof errorTable;

/** How much an error closes: this item, this chat, this login, or the whole network. */
export type ErrorScope = "item" | "chat" | "login" | "network";

export interface ErrorFacts {
  /** Decides the resend: `no` = certainly not, `unknown` = the other side may have it. */
  readonly reached: "no" | "unknown";
  readonly scope: ErrorScope;
  readonly retryAfter?: Millis | undefined;
  readonly cause?: unknown;
}

/**
 * An error a person will read. The sentence says what did not happen – why, in the network's terms –
 * what to do; it never holds a secret.
 */
export class BridgeError extends Error {
  readonly code: ErrorCode;
  readonly reached: "no" | "unknown";
  readonly scope: ErrorScope;
  readonly retryAfter: Millis | undefined;

  constructor(code: ErrorCode, sentence: string, facts: ErrorFacts) {
    super(sentence, { cause: facts.cause });
    this.name = "BridgeError";
    this.code = code;
    this.reached = facts.reached;
    this.scope = facts.scope;
    this.retryAfter = facts.retryAfter;
  }
}

/** Anything thrown, as a `BridgeError`; what is not one is our mistake and may have reached the network. */
export const asBridgeError = (thrown: unknown): BridgeError =>
  thrown instanceof BridgeError
    ? thrown
    : new BridgeError(
        "internal",
        `It failed inside bridgebox: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
        { reached: "unknown", scope: "item", cause: thrown },
      );
