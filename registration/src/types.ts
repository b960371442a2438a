import type { AppServiceOutput } from "matrix-appservice-bridge";

/** What a registration is made from; a loaded config has it. */
export interface RegistrationPlan {
  readonly homeserver: { readonly domain: string; readonly software?: Software };
  readonly appservice: {
    readonly id: string;
    /** Where the homeserver reaches the box. */
    readonly address: string;
    readonly bot: { readonly username: string };
  };
  readonly networks: readonly {
    readonly id: string;
    readonly type: string;
    readonly ghostPrefix: string;
    readonly aliasPrefix: string;
  }[];
}

export type Software = "synapse" | "dendrite" | "conduit";

/** As in the file. Keys that we do not know are kept as somebody put them there. */
export type Registration = AppServiceOutput & {
  readonly receive_ephemeral?: boolean;
  readonly [key: string]: unknown;
};
