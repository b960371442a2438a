import { BridgeError } from "../../adapter/index.ts";
import type { ChatRef, LoginId, MediaRef, MediaStream, NetworkId } from "../../adapter/index.ts";
import type { LiveLogin } from "../box.ts";
import type { Works } from "../works.ts";

/** Where a remote file was seen: who may be able to fetch it. */
export interface Sighting {
  readonly network: NetworkId;
  readonly chat?: ChatRef | undefined;
  /** Logins to ask first. */
  readonly seenBy: readonly LoginId[];
}

/**
 * Opens a remote file through a login that can see it.
 * @throws BridgeError `network` while none of them is connected, `unsupported` if their network gives
 * no files, or what the network says.
 */
export const openRemote = async (
  { box }: Works,
  { network, chat, seenBy }: Sighting,
  { ref, signal }: { readonly ref: MediaRef; readonly signal: AbortSignal },
): Promise<MediaStream> => {
  const all = [...(box.networks.get(network)?.logins.values() ?? [])];
  const inside =
    chat?.receiver === undefined ? all : all.filter((login) => login.row.id === chat.receiver);
  const connected = inside.filter((login) => login.connection !== undefined);
  const able = connected.filter((login) => box.connections.can(login.row.id, "open"));
  const [first] = able.toSorted((a, b) => rank(seenBy, a) - rank(seenBy, b));
  if (first) return box.connections.call(first.row.id, "open", ref, signal);
  throw connected.length > 0
    ? new BridgeError("unsupported", "its network gives no files.", refused)
    : new BridgeError("network", "no login is connected that could fetch it.", refused);
};

const refused = { reached: "no", scope: "item" } as const;

const rank = (seenBy: readonly LoginId[], login: LiveLogin): number =>
  (login.state === "connected" ? 0 : 1000) + (seenBy.includes(login.row.id) ? 0 : 1);
