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

/** Fields of a query; a list makes its name come several times. */
export type Fields = Readonly<Record<string, string | readonly string[] | undefined>>;

/** `?a=b`, without what is undefined; "" if nothing is left. */
export const query = (fields: Fields): string => {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(fields)) {
    const values = typeof value === "string" ? [value] : (value ?? []);
    for (const each of values) parts.push(`${name}=${encodeURIComponent(each.toWellFormed())}`);
  }
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
};

/** What a component stands for; a malformed one stands for itself. */
export const decodedPath = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};
