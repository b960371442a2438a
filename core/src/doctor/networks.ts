import type { Adapter, Finding, Json } from "../adapter/index.ts";
import { asBridgeError } from "../adapter/index.ts";
import type { KnownAdapter, NetworkConfig } from "../config/index.ts";
import { skipped } from "./finding.ts";
import type { Checked } from "./finding.ts";

/** What the doctor needs to know of an adapter; every `Adapter` is one. */
export type CheckedAdapter = KnownAdapter & Pick<Adapter<unknown, Json>, "check">;

/** What a running box would do by itself; here nobody does. */
const byTheBox = / It is tried again(?: by itself)?\.$/;

/** Milliseconds that a network's own checks may take. */
const usual = 30_000;

/** What each network says of itself with its section of the config, all at once. */
export const lookAtNetworks = async (
  networks: readonly NetworkConfig[],
  adapters: ReadonlyMap<string, CheckedAdapter>,
  signal: AbortSignal,
  patience = usual,
): Promise<readonly Checked[]> => {
  const each = networks.map(async (network): Promise<readonly Checked[]> => {
    const adapter = adapters.get(network.type);
    if (!network.enabled) return [skipped(network.id, "It is switched off by enabled: false.")];
    if (adapter?.check === undefined)
      return [skipped(network.id, "Its adapter has nothing that can be looked at before a login.")];
    const limit = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
    const findings = await within(adapter.check(network.config, limit), limit, patience);
    return findings.map(({ what, says, ...found }) => ({
      check: what === "" ? network.id : `${network.id}: ${what}`,
      says: says.replace(byTheBox, ""),
      ...found,
    }));
  });
  return (await Promise.all(each)).flat();
};

/** An adapter that ignores its signal, or fails, is a finding and no end of the report. */
const within = async (
  asked: Promise<readonly Finding[]>,
  limit: AbortSignal,
  patience: number,
): Promise<readonly Finding[]> => {
  const { promise, resolve } = Promise.withResolvers<readonly Finding[]>();
  const late = (): void =>
    resolve([
      {
        what: "",
        state: "failed",
        says: `The network did not answer within ${patience / 1000} s.`,
        fix: "Look whether this machine reaches it, and run this again.",
      },
    ]);
  if (limit.aborted) late();
  limit.addEventListener("abort", late, { once: true });
  try {
    return await Promise.race([asked, promise]);
  } catch (thrown) {
    const [says = "It failed", ...fix] = asBridgeError(thrown).message.split(/(?<=\.) /);
    return [
      {
        what: "",
        state: "failed",
        says,
        fix: fix.join(" ") || "Look at this network's section of the config.",
      },
    ];
  } finally {
    limit.removeEventListener("abort", late);
  }
};
