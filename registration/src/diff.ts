import { namespaces } from "./build.ts";
import type { Registration, RegistrationPlan } from "./types.ts";

/** What changes from one registration to the other, a line each. Tokens are never shown. */
export const diffRegistration = (
  before: Registration | undefined,
  after: Registration,
): readonly string[] => {
  const old = flat(before ?? {});
  const now = flat(after);
  const gone = [...old].filter(([key]) => !now.has(key)).map(([, line]) => `- ${line}`);
  const come = [...now].filter(([key]) => !old.has(key)).map(([, line]) => `+ ${line}`);
  return [...gone, ...come];
};

/** Namespaces that the registration holds and no network of the config needs. */
export const leftovers = (plan: RegistrationPlan, registration: Registration): readonly string[] =>
  (["users", "aliases"] as const).flatMap((kind) => {
    const wanted = namespaces(plan, kind);
    return (registration.namespaces?.[kind] ?? [])
      .map(({ regex }) => regex)
      .filter((regex) => !wanted.includes(regex));
  });

/** Each fact once: what makes it that fact, and how it is shown. */
const flat = (registration: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> => {
  const facts = new Map<string, string>();
  const add = (key: string, value: unknown) => {
    const line = `${key}: ${typeof value === "string" ? value : JSON.stringify(value)}`;
    facts.set(line, key.endsWith("_token") ? `${key}: (secret)` : line);
  };
  for (const [key, value] of Object.entries(registration)) {
    if (key !== "namespaces") add(key, value);
    else if (typeof value === "object" && value !== null) {
      for (const [kind, list] of Object.entries(value)) {
        const items: readonly unknown[] = Array.isArray(list) ? list : [list];
        for (const item of items) add(`namespaces.${kind}`, shown(item));
      }
    }
  }
  return facts;
};

const shown = (item: unknown): unknown => {
  if (typeof item !== "object" || item === null || !("regex" in item)) return item;
  const exclusive = "exclusive" in item && item.exclusive === true;
  return `${String(item.regex)}${exclusive ? "" : " (not exclusive)"}`;
};
