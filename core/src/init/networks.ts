import { nearest } from "../adapter/index.ts";
import type { KnownAdapter, KnownAdapters } from "../config/index.ts";

/** The networks that somebody named, `type` or `type:name` each; or the sentence that says what is wrong. */
export const chooseNetworks = async (
  named: readonly string[],
  adapters: KnownAdapters,
): Promise<ReadonlyMap<string, KnownAdapter> | string> => {
  const chosen = new Map<string, KnownAdapter>();
  for (const text of named) {
    const [type = "", id = type, ...rest] = text.split(":");
    const load = Object.hasOwn(adapters, type) ? adapters[type] : undefined;
    if (load === undefined) {
      const known = Object.keys(adapters);
      const meant = nearest(type, known);
      return `There is no network of the type ${JSON.stringify(type)}. Put ${meant ?? `one of ${known.join(", ")}`}.`;
    }
    if (rest.length > 0 || !/^[a-z][a-z0-9-]{0,31}$/.test(id))
      return `${JSON.stringify(id)} is not a good name. Put small letters, digits and -, a letter first.`;
    if (chosen.has(id))
      return `${id} is there twice. Give each a name of its own, as in ${type}:other.`;
    chosen.set(id, await load());
  }
  if (chosen.size === 0) return "No network was named. Put at least one.";
  return chosen;
};
