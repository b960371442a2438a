import { BridgeError } from "@bridgebox/core/adapter";
import { isLoginOver, notConnected, rpcName, toBridgeError } from "../errors.ts";
import { pause, type Client } from "./client.ts";
import { dial, targetAfterMigration, type FixedServer } from "./dial.ts";
import { Tidy } from "./tidy.ts";
import { Api, type Rpc } from "./tl.ts";
import { NoAnswer, type Wire, type WireOptions } from "./wire.ts";

/** What the connections for files hang on. */
export interface FileWiresOptions {
  readonly client: Client;
  readonly apiId: number;
  readonly deviceName: string;
  readonly pingEvery: number;
  readonly server: FixedServer | undefined;
  readonly signal: AbortSignal;
}

/** A request for a part of a file, repeated until it is answered: it may be done twice without harm. */
export interface FileCall {
  /** Where the file is; the account's own data centre where nothing is said. */
  readonly dc?: number | undefined;
  /** What did not happen if it fails. */
  readonly what: string;
  readonly signal: AbortSignal;
}

const idleFor = 30_000;
const tries = 4;
/** A longer wait is the caller's to see. */
const longestWait = 60_000;

interface Held {
  readonly wire: Promise<Wire>;
  uses: number;
  timer?: NodeJS.Timeout;
}

/**
 * Another data centre does not take us for who we are. That is no word about the login: our own one has
 * to show us there again, and is the one to say if the login is over.
 */
class NotKnownThere extends Error {
  readonly dc: number;

  constructor(dc: number, cause: unknown) {
    super(`Data centre ${dc} does not know this login.`, { cause });
    this.dc = dc;
  }
}

/**
 * Connections beside the one that messages come by, one for each data centre, so that no file holds
 * a message up. Opened when a file is asked for, closed when they have been idle.
 */
export class FileWires {
  readonly #options: FileWiresOptions;
  readonly #held = new Map<number, Held>();
  readonly #keys = new Map<number, Buffer>();
  readonly #tidy = new Tidy();

  constructor(options: FileWiresOptions) {
    this.#options = options;
    options.signal.addEventListener("abort", () => void this.close());
  }

  /** Follows the file to another data centre, waits out short floods and comes back after a cut. */
  async call<R>(request: Rpc<R>, { dc, what, signal: given }: FileCall): Promise<R> {
    const signal = AbortSignal.any([given, this.#options.signal]);
    let centre = dc;
    for (let left = tries; ; left -= 1) {
      try {
        return await this.#once(request, centre, { what, signal });
      } catch (error) {
        const cause: unknown = error instanceof BridgeError ? error.cause : error;
        const rpc = rpcName(cause);
        const flood = rpc?.name.startsWith("FLOOD_") === true && (rpc.number ?? 0) * 1000;
        const cut = cause instanceof NoAnswer && cause.why !== "aborted";
        const unknown = error instanceof NotKnownThere;
        const moved = rpc?.name === "FILE_MIGRATE" ? rpc.number : undefined;
        const short = flood !== false && flood <= longestWait;
        const again = cut || unknown || moved !== undefined || short;
        if (left <= 1 || !again || signal.aborted)
          throw unknown ? refusedThere(what, error) : toBridgeError(error, what);
        if (flood !== false) await pause(flood, signal);
        if (cut) await this.#options.client.connected(signal);
        centre = moved ?? centre;
      }
    }
  }

  async close(): Promise<void> {
    const all = [...this.#held.values()];
    this.#held.clear();
    for (const held of all) clearTimeout(held.timer);
    await Promise.all(all.map(async ({ wire }) => (await wire.catch(() => undefined))?.close()));
  }

  async #once<R>(
    request: Rpc<R>,
    dc: number | undefined,
    { what, signal }: { readonly what: string; readonly signal: AbortSignal },
  ): Promise<R> {
    const home = this.#options.client.wire;
    if (home === undefined) throw notConnected(what);
    const centre = dc ?? home.dc;
    const held = this.#held.get(centre) ?? this.#hold(centre, home);
    clearTimeout(held.timer);
    held.uses += 1;
    try {
      const wire = await held.wire;
      return await wire.invoke(request, signal);
    } catch (error) {
      const ours = centre === home.dc || error instanceof BridgeError;
      if (ours || !isLoginOver(toBridgeError(error, what))) throw error;
      // One that could not be opened is not held any more; a newer one is not touched.
      if ((this.#held.get(centre) ?? held) === held) {
        this.#keys.delete(centre);
        this.#drop(centre, held);
      }
      throw new NotKnownThere(centre, error);
    } finally {
      this.#tidy.passed();
      held.uses -= 1;
      if (held.uses === 0 && this.#held.get(centre) === held) {
        held.timer = setTimeout(() => this.#drop(centre, held), idleFor);
      }
    }
  }

  #hold(centre: number, home: Wire): Held {
    const held: Held = { wire: this.#open(centre, home), uses: 0 };
    this.#held.set(centre, held);
    const gone = () => this.#drop(centre, held);
    held.wire.then((wire) => void wire.closed.then(gone), gone);
    return held;
  }

  #drop(centre: number, held: Held): void {
    clearTimeout(held.timer);
    if (this.#held.get(centre) === held) this.#held.delete(centre);
    void held.wire.then(
      (wire) => wire.close(),
      () => undefined,
    );
  }

  async #open(centre: number, home: Wire): Promise<Wire> {
    const { apiId, deviceName, pingEvery, signal } = this.#options;
    const silent = { onUpdates: () => undefined, onNewSession: () => undefined };
    const options: WireOptions = { apiId, deviceName, pingEvery, quiet: true, ...silent };
    if (centre === home.dc) {
      const { dc, host, port, key } = home;
      return dial({ dc, host, port, key }, options, signal);
    }
    return this.#openOther(centre, home, options);
  }

  /** core.telegram.org/api/datacenter: another data centre has to be shown who we are first. */
  async #openOther(centre: number, home: Wire, options: WireOptions): Promise<Wire> {
    const { client, signal, server } = this.#options;
    const target = targetAfterMigration(home, centre, server);
    if (target === undefined) throw new Error(`There is no data centre ${centre}.`);
    const key = this.#keys.get(centre);
    const wire = await dial({ ...target, key }, options, signal);
    if (key !== undefined) return wire;
    try {
      await client.connected(signal);
      const request = new Api.auth.ExportAuthorization({ dcId: centre });
      const what = "This login was not shown to the data centre of a file";
      const { id, bytes } = await client.call(request, { what, signal });
      const query = new Api.auth.ImportAuthorization({ id, bytes });
      await wire.invoke(new Api.InvokeWithoutUpdates({ query }), signal);
      this.#keys.set(centre, wire.key);
      return wire;
    } catch (error) {
      await wire.close();
      throw error;
    }
  }
}

const refusedThere = (what: string, error: NotKnownThere): BridgeError => {
  const why = `data centre ${error.dc}, where it is, does not take this login now`;
  const facts = { reached: "no", scope: "item", cause: error } as const;
  return new BridgeError("network", `${what}: ${why}. It is tried again.`, facts);
};
