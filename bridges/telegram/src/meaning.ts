import type { ErrorCode, ErrorScope } from "@bridgebox/core/adapter";

/** What an RPC error name means to a person: code, what is closed by it, and why. */
export interface Meaning {
  readonly code: ErrorCode;
  readonly scope: ErrorScope;
  readonly why: string;
}
