import type { SaslReason } from "../errors.ts";

/** What a mechanism says to a challenge. Bytes are not base64 yet. */
export type Answer = { readonly say: Uint8Array } | { readonly refuse: SaslReason };

/** One way to prove an account (RFC 4422), from its first challenge to its last. */
export interface Mechanism {
  readonly name: string;
  answer(challenge: Buffer): Answer | Promise<Answer>;
  /** The server has nothing left to prove, so its word that we are logged in counts. */
  readonly settled: boolean;
}
