/** Which requests a fault is for: tested on "METHOD /decoded/path". Without one, all of them. */
export type Match = RegExp | ((request: string) => boolean);

/** A fault that is in force, and how often it has struck. */
export type Fault = {
  readonly struck: () => number;
  /** Takes the fault back; requests that hang because of it go on. */
  readonly release: () => void;
};

/** What a request has to suffer. */
export type Misfortune =
  | { readonly kind: "rate-limit"; readonly retryAfterMs: number }
  | { readonly kind: "fail"; readonly status: number }
  | { readonly kind: "hang"; readonly released: Promise<"go on" | "drop"> }
  | { readonly kind: "swallow-reply" };

type Rule = { match: Match | undefined; left: number; struck: number; misfortune: Misfortune };

/** How many requests a fault strikes, and which. */
export type Aim = { readonly match?: Match | undefined; readonly times?: number | undefined };

/** Faults on demand: the first rule that matches a request strikes it, and is used up by it. */
export class Faults {
  readonly #rules = new Set<Rule>();

  add(aim: Aim, misfortune: Misfortune, onRelease?: () => void): Fault {
    const rule: Rule = { match: aim.match, left: aim.times ?? Infinity, struck: 0, misfortune };
    this.#rules.add(rule);
    const release = (): void => {
      this.#rules.delete(rule);
      onRelease?.();
    };
    return { struck: () => rule.struck, release };
  }

  /** What strikes this request, if anything. */
  strike(request: string): Misfortune | undefined {
    for (const rule of this.#rules) {
      const { match } = rule;
      const hit =
        match === undefined || (typeof match === "function" ? match(request) : match.test(request));
      if (!hit) continue;
      rule.struck += 1;
      rule.left -= 1;
      if (rule.left <= 0) this.#rules.delete(rule);
      return rule.misfortune;
    }
    return undefined;
  }
}
