import { randomBytes, randomInt } from "node:crypto";
import type { AuthKey, Session } from "./mtproto/session.ts";
import type { Account } from "./model.ts";
import type { SrpChallenge } from "./srp.ts";
import { now } from "./tl.ts";

/** How far an auth key has come: signed in, or waiting for the password. */
export interface Login {
  readonly key: AuthKey;
  account?: Account;
  pending?: Account;
  /** A copy in another data centre, for files: it hears no updates. */
  exported?: boolean;
  srp?: SrpChallenge;
}

/** A login code on its way to a phone. */
export interface SentCode {
  readonly phone: string;
  readonly code: string;
}

/** A token that another device of the account may accept, shown as a QR code. */
export interface LoginToken {
  readonly token: Buffer;
  readonly session: Session;
  readonly expires: number;
  accepted?: Account;
}

/** Which auth key belongs to whom, and the codes that were sent. */
export class Logins {
  readonly #logins = new Map<string, Login>();
  readonly #codes = new Map<string, SentCode>();
  readonly #lastCode = new Map<string, string>();
  readonly #tokens: LoginToken[] = [];
  readonly #exports = new Map<string, Account>();

  /** The login of an auth key, new and empty at first. */
  of(key: AuthKey): Login {
    const known = this.#logins.get(key.id);
    if (known) return known;
    const login: Login = { key };
    this.#logins.set(key.id, login);
    return login;
  }

  /** Ends a login; its key is nobody's then. */
  end(login: Login): void {
    this.#logins.delete(login.key.id);
  }

  /** All logins of an account. */
  all(account: Account): Login[] {
    return [...this.#logins.values()].filter((login) => login.account === account);
  }

  /** Those of `sessions` that want the account's updates. */
  sessionsOf(account: Account, sessions: Iterable<Session>): Session[] {
    return [...sessions].filter(
      (session) => session.wantsUpdates && this.#hears(session.key.id, account),
    );
  }

  #hears(key: string, account: Account): boolean {
    const login = this.#logins.get(key);
    return login?.account === account && login.exported !== true;
  }

  /** Sends a new code; the hash is the client's receipt for it. */
  sendCode(phone: string): string {
    const hash = randomBytes(8).toString("hex");
    const code = String(randomInt(10_000, 100_000));
    this.#codes.set(hash, { phone, code });
    this.#lastCode.set(phone, code);
    return hash;
  }

  /** The code that was sent under a receipt. */
  sentCode(hash: string): SentCode | undefined {
    return this.#codes.get(hash);
  }

  /** A new token for the key; those before it stay good until they expire. */
  offerToken(session: Session, lifetime: number): LoginToken {
    const token = { token: randomBytes(16), session, expires: now() + lifetime };
    this.#tokens.push(token);
    return token;
  }

  /** The token that was accepted for the key, or that has these bytes. */
  token(by: { readonly key: AuthKey } | { readonly bytes: Buffer }): LoginToken | undefined {
    return this.#tokens.findLast((each) =>
      "key" in by ? each.accepted && each.session.key === by.key : each.token.equals(by.bytes),
    );
  }

  /** Bytes by which another data centre knows the account, once. */
  export(account: Account): Buffer {
    const bytes = randomBytes(16);
    this.#exports.set(bytes.toString("hex"), account);
    return bytes;
  }

  imported(id: number, bytes: Buffer): Account | undefined {
    const account = this.#exports.get(bytes.toString("hex"));
    this.#exports.delete(bytes.toString("hex"));
    return account?.id === id ? account : undefined;
  }

  /** A code works once. */
  useCode(hash: string): void {
    this.#codes.delete(hash);
  }

  /** The last code sent to a phone. */
  lastCode(phone: string): string | undefined {
    return this.#lastCode.get(phone);
  }
}

/** A phone number as digits alone. */
export function digits(phone: string): string {
  return phone.replaceAll(/\D/g, "");
}
