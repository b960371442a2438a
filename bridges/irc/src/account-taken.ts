import type { KeyValue, Log } from "@bridgebox/core/adapter";
import type { Client } from "./api/client.ts";
import type { Ending } from "./errors.ts";
import { saslAway } from "./services-errors.ts";

const key = "account_taken";

/** Whether this network has taken the login's account before. */
export interface AccountTaken {
  /** It is let in. */
  note(client: Pick<Client, "loggedIn">): void;
  /** A server offers no SASL while its services are away: what it had once is waited for. */
  judge(end: Ending): Ending;
}

export const accountTaken = async ({
  store,
  log,
}: {
  readonly store: KeyValue;
  readonly log: Log;
}): Promise<AccountTaken> => {
  let taken = (await store.get(key)) === true;
  return {
    note: ({ loggedIn }) => {
      if (taken || !loggedIn) return;
      taken = true;
      store.set(key, true).catch((error: unknown) => {
        log.error("That the account was taken was not stored", { error: String(error) });
      });
    },
    judge: (end) => (taken && end.sasl === "capability_missing" ? saslAway() : end),
  };
};
