import { createHash, randomBytes } from "node:crypto";
import { BridgeError } from "../adapter/index.ts";
import type { Millis, NetworkId } from "../adapter/index.ts";
import type { Clock } from "../flow/gate.ts";

/** How long somebody may stay on a network's own page, in milliseconds. */
const patience = 10 * 60_000;

/** Somebody who went to a network's page to log in and is expected back. */
interface Away {
  readonly network: NetworkId;
  readonly owner: string;
  readonly back: (answer: URLSearchParams) => void;
}

/** What a login is to send along, and where the answer comes from. */
export interface Trip {
  /** Where the network's page sends the person back to. */
  readonly callback: string;
  /** Known to nobody else, bound to this person and this login, good for one return. */
  readonly state: string;
  readonly expiresAt: Millis;
  readonly returned: Promise<URLSearchParams>;
}

/** The logins that wait for a browser to come back (OAuth). Kept in memory: a restart ends them. */
export class Returns {
  readonly #address: string | undefined;
  readonly #clock: Clock;
  readonly #away = new Map<string, Away>();

  constructor(address: string | undefined, clock: Clock) {
    this.#address = address;
    this.#clock = clock;
  }

  /** @throws BridgeError `unsupported` where the box has no public address. */
  depart(who: Pick<Away, "network" | "owner">, signal: AbortSignal): Trip {
    if (this.#address === undefined) throw noAddress();
    const state = randomBytes(32).toString("base64url");
    const id = fingerprint(state);
    const { promise, resolve, reject } = Promise.withResolvers<URLSearchParams>();
    promise.catch(() => undefined);
    const over = new AbortController();
    const end = (settle: () => void): void => {
      this.#away.delete(id);
      over.abort();
      settle();
    };
    this.#away.set(id, { ...who, back: (answer) => end(() => resolve(answer)) });
    const giveUp = async (): Promise<void> => {
      await this.#clock.sleep(patience, AbortSignal.any([signal, over.signal]));
      if (!over.signal.aborted) end(() => reject(signal.aborted ? cancelled() : tooLate()));
    };
    void giveUp();
    return {
      callback: `${this.#address}/network/${who.network}/login`,
      state,
      expiresAt: this.#clock.now() + patience,
      returned: promise,
    };
  }

  /** Who left with that state for that network; nobody: it is wrong, used or expired. */
  whose(network: string, state: string): string | undefined {
    const away = this.#away.get(fingerprint(state));
    return away?.network === network ? away.owner : undefined;
  }

  /** Hands the answer to the login that waits for it, once. False: nobody waits. */
  arrive(network: string, answer: URLSearchParams): boolean {
    const away = this.#away.get(fingerprint(answer.get("state") ?? ""));
    if (away === undefined || away.network !== network) return false;
    away.back(answer);
    return true;
  }
}

/** Looked up by its hash, so that the time of a look-up tells nothing of a state. */
const fingerprint = (state: string): string => createHash("sha256").update(state).digest("hex");

const noAddress = (): BridgeError =>
  new BridgeError(
    "unsupported",
    "This way to log in was not started – the network's page would have to send your browser back to the box, which has no public address – take another way to log in, or ask the admin to set appservice.public_address.",
    { reached: "no", scope: "item" },
  );

const cancelled = (): BridgeError =>
  new BridgeError("cancelled", "The login was cancelled.", { reached: "no", scope: "item" });

const tooLate = (): BridgeError =>
  new BridgeError(
    "timeout",
    "Nobody came back from the network's page within ten minutes. Start the login again.",
    { reached: "no", scope: "item" },
  );
