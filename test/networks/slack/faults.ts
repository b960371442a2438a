/** What a test has ordered for the next calls of a method. */
export type Fault =
  | { readonly kind: "fail"; readonly error: string; readonly status: number }
  | { readonly kind: "limit"; readonly seconds: number }
  | { readonly kind: "hang"; readonly released: Promise<void> }
  | { readonly kind: "swallow" }
  /** In place of what Slack would answer. */
  | {
      readonly kind: "answer";
      readonly body: string;
      readonly headers: Readonly<Record<string, string>>;
    };

export class Faults {
  #rules: { readonly method: string; readonly fault: Fault; left: number }[] = [];

  /** Returns what ends it before its time. */
  order(method: string, fault: Fault, times: number): () => void {
    const rule = { method, fault, left: times };
    this.#rules.push(rule);
    return () => {
      this.#rules = this.#rules.filter((one) => one !== rule);
    };
  }

  /** The fault that meets this call, counted down. */
  take(method: string): Fault | undefined {
    const rule = this.#rules.find((one) => one.method === method);
    if (!rule) return undefined;
    rule.left -= 1;
    this.#rules = this.#rules.filter(({ left }) => left > 0);
    return rule.fault;
  }
}
