import { BridgeError } from "../adapter/index.ts";
import type { Connection, LoginId, NetworkId } from "../adapter/index.ts";

/** What may be asked of a login's connection: everything but its end and its streams. */
export type Operation = Exclude<keyof Connection, "close" | "members" | "chats">;

type Method<O extends Operation> = NonNullable<Connection[O]>;
export type Arguments<O extends Operation> = Parameters<Method<O>>;
export type Result<O extends Operation> = Awaited<ReturnType<Method<O>>>;

/**
 * Calls to logins' connections, by login and name: arguments and results are JSON, beside a signal,
 * `attempt.note` and the bytes of a file. Local now; a worker that does not hold the login will pass the call on.
 */
export interface Connections {
  /** Whether that login is connected and its network has that method. */
  can(login: LoginId, operation: Operation): boolean;
  /** @throws BridgeError `network` if it is not connected, `unsupported` if there is no such method. */
  call<O extends Operation>(login: LoginId, op: O, ...args: Arguments<O>): Promise<Result<O>>;
}

/** What has to be known of a login for that. */
export interface Callee {
  readonly row: { readonly name: string; readonly network: NetworkId };
  readonly connection: Connection | undefined;
}

/** Told of each call that an adapter took, once it is over. */
export type Called = (network: NetworkId, operation: Operation, ok: boolean) => void;

/** The connections that this process holds itself. */
export const localConnections = (
  find: (login: LoginId) => Callee | undefined,
  called?: Called,
): Connections => {
  const methodOf = <O extends Operation>(login: LoginId, operation: O): Connection[O] | undefined =>
    find(login)?.connection?.[operation];
  return {
    can: (login, operation) => methodOf(login, operation) !== undefined,
    call: async <O extends Operation>(
      login: LoginId,
      operation: O,
      ...args: Arguments<O>
    ): Promise<Result<O>> => {
      const { connection, row } = find(login) ?? {};
      if (!connection || !row) throw notConnected(row?.name ?? login);
      const method = connection[operation];
      if (method === undefined) throw noSuchMethod(operation);
      try {
        const call: unknown = Reflect.apply(method, connection, args);
        const result: unknown = await within(signalOf(args), call);
        called?.(row.network, operation, true);
        return result as Result<O>;
      } catch (error) {
        called?.(row.network, operation, false);
        throw error;
      }
    },
  };
};

/** The signal among the arguments, or in the attempt. */
const signalOf = (args: readonly unknown[]): AbortSignal | undefined => {
  for (const arg of args) {
    if (arg instanceof AbortSignal) return arg;
    if (arg !== null && typeof arg === "object" && "signal" in arg)
      return arg.signal instanceof AbortSignal ? arg.signal : undefined;
  }
  return undefined;
};

/** An adapter that ignores its signal holds nobody up for longer than the signal says. */
const within = async (signal: AbortSignal | undefined, call: unknown): Promise<unknown> => {
  if (signal === undefined || !(call instanceof Promise)) return call;
  const { promise, reject } = Promise.withResolvers<never>();
  const late = (): void => reject(tooLate());
  if (signal.aborted) late();
  signal.addEventListener("abort", late, { once: true });
  try {
    return await Promise.race([call, promise]);
  } finally {
    signal.removeEventListener("abort", late);
  }
};

const tooLate = (): BridgeError =>
  new BridgeError("timeout", "The network did not answer in time.", {
    reached: "unknown",
    scope: "item",
  });

const notConnected = (name: string): BridgeError =>
  new BridgeError("network", `${name} is not connected. It is done when it is.`, {
    reached: "no",
    scope: "login",
  });

const noSuchMethod = (operation: Operation): BridgeError =>
  new BridgeError("unsupported", `This network has nothing like "${operation}".`, {
    reached: "no",
    scope: "item",
  });
