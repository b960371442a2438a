import type { Stage } from "../stage/stage.ts";

/** What of the status API these tests look at. */
export interface Status {
  readonly networks: readonly {
    readonly id: string;
    readonly logins: readonly { readonly state: string; readonly why: string | null }[];
  }[];
  readonly queues: readonly {
    readonly network: string;
    readonly direction: string;
    readonly count: number;
  }[];
}

/** Asks the box how it is. Rejects while it is not there. */
export const readStatus = async (stage: Stage): Promise<Status> => {
  const response = await fetch(`${stage.boxUrl}/_bridgebox/v1/status`, {
    headers: { authorization: `Bearer ${stage.statusToken}` },
  });
  return (await response.json()) as Status;
};
