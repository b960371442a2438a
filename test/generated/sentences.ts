import { errorTable } from "../../core/src/adapter/errors.ts";
import type { ErrorCode } from "../../core/src/adapter/errors.ts";
import { isTest, sources } from "../architecture/sources.ts";

/** An error as its source says it: what is only known when it happens stands as `…`. */
export interface Sentence {
  readonly package: string;
  readonly code: ErrorCode;
  readonly text: string;
}

/** Every error whose code and sentence stand in the source as they are, in order of code and text. */
export const sentences = (): readonly Sentence[] => {
  const found = sources()
    .filter((source) => !isTest(source))
    .flatMap(({ path, spoken }) =>
      [...spoken.matchAll(raised)].flatMap(([whole, code = ""], at, all) => {
        const from = (all[at]?.index ?? 0) + whole.length;
        const text = literalAt(spoken, from);
        return text === undefined || !isCode(code)
          ? []
          : [{ package: packageOf(path), code, text }];
      }),
    );
  const unique = new Map(found.map((one) => [JSON.stringify(one), one]));
  return [...unique.values()].sort((a, b) => order(a) - order(b) || (a.text < b.text ? -1 : 1));
};

const raised = /new BridgeError\(\s*"(\w+)",\s*/g;

const codes: readonly string[] = Object.keys(errorTable);

const isCode = (code: string): code is ErrorCode => Object.hasOwn(errorTable, code);

const order = ({ code }: Sentence): number => codes.indexOf(code);

const packageOf = (path: string): string => /^(?:bridges\/)?([^/]+)/.exec(path)?.[1] ?? path;

/** The text or template that begins there. */
const literalAt = (source: string, from: number): string | undefined => {
  const quote = source[from];
  if (quote !== '"' && quote !== "`") return undefined;
  let said = "";
  for (let at = from + 1; at < source.length; at += 1) {
    const sign = source[at];
    if (sign === quote) return said.trim();
    if (sign === "\\") {
      at += 1;
      said += source[at] ?? "";
    } else if (quote === "`" && sign === "$" && source[at + 1] === "{") {
      at = endOfHole(source, at + 2);
      said += "…";
    } else said += sign ?? "";
  }
  return undefined;
};

/** Where the brace that closes a hole of a template stands. */
const endOfHole = (source: string, from: number): number => {
  let open = 1;
  let at = from;
  for (; at < source.length && open > 0; at += 1) {
    if (source[at] === "{") open += 1;
    if (source[at] === "}") open -= 1;
  }
  return at - 1;
};
