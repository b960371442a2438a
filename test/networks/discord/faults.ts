/** What a request is to suffer, by the first pattern that its `METHOD /path` fits. */
export type Fault =
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly body: unknown;
      readonly headers: Record<string, string>;
    }
  /** It has its effect, and nobody hears of it. */
  | { readonly kind: "swallow" }
  /** It waits, and has no effect before. */
  | { readonly kind: "hang"; readonly released: Promise<void> };

interface Ordered {
  readonly pattern: RegExp;
  readonly fault: Fault;
  times: number;
}

/** Faults that tests ordered. */
export class Faults {
  readonly #ordered: Ordered[] = [];

  /** Returns what ends it before its time. */
  order(pattern: RegExp, fault: Fault, times = 1): () => void {
    const one: Ordered = { pattern, fault, times };
    this.#ordered.push(one);
    return () => {
      one.times = 0;
    };
  }

  take(request: string): Fault | undefined {
    const found = this.#ordered.find(({ pattern, times }) => times > 0 && pattern.test(request));
    if (found) found.times -= 1;
    return found?.fault;
  }
}

/** docs.discord.com/developers/topics/rate-limits: what a 429 says. */
export const rateLimit = (seconds: number, scope: "user" | "global" | "shared"): Fault => ({
  kind: "answer",
  status: 429,
  body: {
    message: "You are being rate limited.",
    retry_after: seconds,
    global: scope === "global",
  },
  headers: {
    "retry-after": String(Math.ceil(seconds)),
    "x-ratelimit-scope": scope,
    ...(scope === "global"
      ? { "x-ratelimit-global": "true" }
      : {
          "x-ratelimit-limit": "5",
          "x-ratelimit-remaining": "0",
          "x-ratelimit-reset-after": String(seconds),
          "x-ratelimit-bucket": "abcd1234",
        }),
  },
});
