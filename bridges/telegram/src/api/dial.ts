import { defaultServer, type SessionKey } from "./session.ts";
import { openWire, type Wire, type WireOptions, type WireTarget } from "./wire.ts";

/** One in 256 handshakes of the library fails: it drops a leading zero of the new key. */
const handshakes = 4;

/** A private or test server in place of Telegram's data centres. */
export interface FixedServer {
  readonly host: string;
  readonly port: number;
  readonly dc: number;
}

/** Opens a wire; a new key is tried for more than once. */
export const dial = async (
  target: WireTarget,
  options: WireOptions,
  signal: AbortSignal,
): Promise<Wire> => {
  for (let left = target.key === undefined ? handshakes : 1; ; left -= 1) {
    try {
      return await openWire(target, options, signal);
    } catch (error) {
      const handshake = error instanceof Error && /nonce|step \d/i.test(error.message);
      if (left <= 1 || signal.aborted || !handshake) throw error;
    }
  }
};

/** Where a session, or a new one, connects. */
export const targetFor = (
  session: SessionKey | undefined,
  server: FixedServer | undefined,
): WireTarget => {
  const entry = server ?? defaultServer;
  if (session === undefined) return entry;
  const { dc, key } = session;
  // A private server may have moved since; its other data centres are where they said they were.
  const moved = server !== undefined && dc === server.dc;
  return moved ? { dc, key, host: server.host, port: server.port } : session;
};

/** The data centre that an account was told to go to, which needs a key of its own. */
export const targetAfterMigration = (
  wire: Wire,
  dc: number,
  server: FixedServer | undefined,
): WireTarget | undefined => {
  const option = wire.dcOptions.find(
    (each) => each.id === dc && !each.ipv6 && !each.mediaOnly && !each.cdn && !each.tcpoOnly,
  );
  if (option !== undefined) return { dc, host: option.ipAddress, port: option.port };
  return server && { ...server, dc };
};
