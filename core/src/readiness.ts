import type { Json } from "./adapter/index.ts";

/** What a box is asked about when it is asked whether it is ready. */
export interface Condition {
  /** `works`: its engine has started and has not been told to stop. */
  readonly phase: "starting" | "works" | "stopping";
  /** Why the store cannot be had; nothing while it can. */
  readonly storeAway: string | undefined;
  /** Whether the homeserver has come to the box since its start. */
  readonly heard: boolean;
  readonly networks: readonly { readonly id: string; readonly closure: string | undefined }[];
}

/**
 * Ready is what the box itself can do. A homeserver or a network that is away is told of and does not
 * count: who is sent nobody because nobody has come yet would wait for ever, and a restart heals neither.
 */
export const readinessOf = ({
  phase,
  storeAway,
  heard,
  networks,
}: Condition): { readonly ok: boolean; readonly state: Json } => {
  const missing = [
    ...(storeAway === undefined ? [] : [storeAway]),
    ...(phase === "works" ? [] : [`the box is ${phase}`]),
  ];
  const waits = [
    ...(heard ? [] : ["the homeserver has not reached us yet"]),
    ...networks.flatMap(({ id, closure }) => (closure === undefined ? [] : [`${id}: ${closure}`])),
  ];
  return { ok: missing.length === 0, state: { missing, waits } };
};
