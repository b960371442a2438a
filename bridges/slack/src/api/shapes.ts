/** JSON of an object that came from outside: nothing is known of its fields. */
export type Wire = Readonly<Record<string, unknown>>;

export const asObject = (value: unknown): Wire | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Wire)
    : undefined;

export const objectIn = (from: Wire | undefined, key: string): Wire | undefined =>
  asObject(from?.[key]);

/** A text that is not empty. */
export const textIn = (from: Wire | undefined, key: string): string | undefined => {
  const value = from?.[key];
  return typeof value === "string" && value !== "" ? value : undefined;
};

/** Slack writes some numbers as texts. */
export const numberIn = (from: Wire | undefined, key: string): number | undefined => {
  const value = from?.[key];
  const number = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
};

export const listIn = (from: Wire | undefined, key: string): readonly unknown[] => {
  const value = from?.[key];
  return Array.isArray(value) ? value : [];
};

export const objectsIn = (from: Wire | undefined, key: string): readonly Wire[] =>
  listIn(from, key)
    .map(asObject)
    .filter((each) => each !== undefined);

export const textsIn = (from: Wire | undefined, key: string): readonly string[] =>
  listIn(from, key).filter((each): each is string => typeof each === "string");

/** What is there, as an object with that key; nothing otherwise. */
export const only = <K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } =>
  value === undefined ? {} : ({ [key]: value } as { [P in K]?: V });
