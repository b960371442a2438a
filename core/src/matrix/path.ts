import { MatrixError } from "./types.ts";

/**
 * A path whose every inserted value is one component, whatever it contains. A component that proxies
 * would swallow (`.`, `..` or nothing) is refused: it would make another path.
 */
export const path = (texts: TemplateStringsArray, ...values: readonly string[]): string =>
  texts.reduce((made, text, at) => made + component(values[at - 1] ?? "") + text);

const component = (value: string): string => {
  if (value === "" || value === "." || value === "..") {
    throw new MatrixError("M_INVALID_PARAM", `Nothing was asked: "${value}" cannot be in a path.`, {
      status: 0,
      reached: "no",
    });
  }
  return encodeURIComponent(value.toWellFormed());
};

/** `?a=b`, without what is undefined; "" if nothing is left. */
export const query = (fields: Readonly<Record<string, string | undefined>>): string => {
  let made = "";
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    made += `${made === "" ? "?" : "&"}${name}=${encodeURIComponent(value.toWellFormed())}`;
  }
  return made;
};
