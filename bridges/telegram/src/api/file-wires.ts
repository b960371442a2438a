import { notConnected, rpcName, toBridgeError } from "../errors.ts";
import { pause, type Client } from "./client.ts";
import { dial, targetAfterMigration, type FixedServer } from "./dial.ts";
import { Api, type Rpc } from "./tl.ts";
import { NoAnswer, type Wire, type WireOptions } from "./wire.ts";

/** What the connections for files hang on. */
export interface FileWiresOptions {
  readonly client: Client;
  readonly apiId: number;
  readonly deviceName: string;
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
 * Connections beside the one that messages come by, one for each data centre, so that no file holds
 * a message up. Opened when a file is asked for, closed when they have been idle.
 */
export class FileWires {
  readonly #options: FileWiresOptions;
  readonly #held = new Map<number, Held>();
  readonly #keys = new Map<number, Buffer>();

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
        const rpc = rpcName(error);
        const flood = rpc?.name.startsWith("FLOOD_") === true && (rpc.number ?? 0) * 1000;
        const cut = error instanceof NoAnswer && error.why !== "aborted";
        if (cut && error.why === "forgotten" && centre !== undefined) this.#keys.delete(centre);
        const moved = rpc?.name === "FILE_MIGRATE" ? rpc.number : undefined;
        const again = cut || moved !== undefined || (flood !== false && flood <= longestWait);
        if (left <= 1 || !again || signal.aborted) throw toBridgeError(error, what);
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
    } finally {
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
    const { apiId, deviceName, signal } = this.#options;
    const silent = { onUpdates: () => undefined, onNewSession: () => undefined };
    const options: WireOptions = { apiId, deviceName, quiet: true, ...silent };
    if (centre === home.dc) {
      const { dc, host, port, key } = home;
      return dial({ dc, host, port, key }, options, signal);
    }
    return this.#openOther(centre, home, options);
  }

  /** core.telegram.org/api/datacenter: another data centre has to be shown who we are first. */
  async #openOther(centre: number, home: Wire, options: WireOptions): Promise<Wire> {
    const { signal, server } = this.#options;
    const target = targetAfterMigration(home, centre, server);
    if (target === undefined) throw new Error(`There is no data centre ${centre}.`);
    const key = this.#keys.get(centre);
    const wire = await dial({ ...target, key }, options, signal);
    if (key !== undefined) return wire;
    try {
      const exported = await home.invoke(
        new Api.auth.ExportAuthorization({ dcId: centre }),
        signal,
      );
      const { id, bytes } = exported;
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
