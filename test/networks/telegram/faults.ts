import type { Account } from "./model.ts";
import { RpcError } from "./tl.ts";

/** What a fault does to one request. */
export type Fault =
  | { readonly kind: "fail"; readonly error: RpcError }
  | { readonly kind: "hang"; readonly released: Promise<void> }
  | { readonly kind: "late"; readonly of: Account; readonly released: Promise<void> }
  | { readonly kind: "swallow" };

/** Faults a test has ordered, each for the next so many requests of one method. */
export class Faults {
  #rules: { readonly method: string; readonly fault: Fault; left: number }[] = [];
  #tooLong = { difference: 0, channelDifference: 0 };

  /** Orders a fault for the next `times` requests of `method`, such as `messages.SendMessage`. Returns its end. */
  order(method: string, fault: Fault, times: number): () => void {
    const rule = { method, fault, left: times };
    this.#rules.push(rule);
    return () => {
      this.#rules = this.#rules.filter((one) => one !== rule);
    };
  }

  /** The fault that meets this request, counted down. */
  take(method: string, by: Account | undefined): Fault | undefined {
    const rule = this.#rules.find(
      (one) => one.method === method && (one.fault.kind !== "late" || one.fault.of === by),
    );
    if (!rule) return undefined;
    rule.left--;
    this.#rules = this.#rules.filter(({ left }) => left > 0);
    return rule.fault;
  }

  /** Makes the next difference of each kind answer that too much has happened. */
  orderTooLong(times: number): void {
    this.#tooLong = { difference: times, channelDifference: times };
  }

  /** Whether this difference has to be too long, counted down. */
  takeTooLong(kind: "difference" | "channelDifference"): boolean {
    if (this.#tooLong[kind] === 0) return false;
    this.#tooLong[kind]--;
    return true;
  }
}
