import { loadConfig } from "./load.ts";
import type { ConfigSource } from "./load.ts";

/** `--check`: prints what is wrong. The exit code: 0, 10 for unreadable, 11 for invalid. */
export const checkConfig = async (
  source: ConfigSource,
  print: (line: string) => void,
): Promise<0 | 10 | 11> => {
  const loaded = await loadConfig(source);
  if (loaded.ok) {
    const { length } = loaded.config.networks.filter((network) => network.enabled);
    print(`The config is good: ${length} network${length === 1 ? "" : "s"} to bridge.`);
    return 0;
  }
  for (const problem of loaded.problems) print(problem);
  return loaded.why === "unreadable" ? 10 : 11;
};
