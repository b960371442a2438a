import type { Json, LoginId, Millis, UserId } from "./ids.ts";
import type { Field } from "./schema.ts";

export type LoginRole = "user" | "bot" | "relay";

/** One way to log in, written as one straight-line async function. */
export interface LoginFlow<Config, Account extends Json> {
  readonly label: string;
  /** What the person gets by it, in one sentence. */
  readonly gives: string;
  /** What could go wrong for their account, in one sentence. */
  readonly risk?: string;
  run(ui: LoginUi, context: LoginContext<Config, Account>): Promise<readonly NewLogin<Account>[]>;
}

export interface LoginContext<Config, Account extends Json> {
  readonly config: Config;
  readonly relogin?: { readonly id: LoginId; readonly account: Account };
  readonly signal: AbortSignal;
}

export interface NewLogin<Account extends Json> {
  /** Stable for that remote account within the network; the core makes it unique in the box. */
  readonly id: LoginId;
  readonly user: UserId;
  readonly name: string;
  readonly account: Account;
  readonly role: LoginRole;
}

/**
 * (live) What a login may ask of a person; one driver serves chat, HTTP API and dashboard. Not
 * durable: a restart ends the process with a clear sentence. Every promise rejects when the person
 * cancels or the flow's time is over.
 */
export interface LoginUi {
  ask<const F extends readonly Field[]>(
    fields: F,
    say?: string,
  ): Promise<{ [K in F[number]["key"]]: string }>;
  show(
    what:
      | { readonly qr: string }
      | { readonly code: string }
      | { readonly emoji: string }
      | { readonly wait: string },
    options?: { readonly expiresAt?: Millis },
  ): { readonly done: AbortSignal; close(): void };
  /**
   * OAuth: `state` is bound to the Matrix user and used once. The answer is as the network's page sent
   * it, also when it is an `error`. Rejects where the box has no public address.
   */
  redirect(url: (callback: string, state: string) => string): Promise<URLSearchParams>;
  cookies(
    url: string,
    want: readonly {
      readonly name: string;
      readonly from: "cookie" | "local_storage" | "header";
    }[],
  ): Promise<Readonly<Record<string, string>>>;
}
