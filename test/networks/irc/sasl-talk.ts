/** What a step of a mechanism comes to: the account, more to say, or a refusal. Bytes are latin1. */
export type SaslStep =
  | { readonly account: string }
  | { readonly say: string; readonly next: (answer: string) => SaslStep }
  | "refused";

/** A conversation that has begun: what was sent of an answer so far, and who reads it. */
export interface SaslTalk {
  readonly heard: string;
  readonly next: (answer: string) => SaslStep;
}
