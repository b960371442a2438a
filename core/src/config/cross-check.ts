import type { Problem } from "../adapter/index.ts";
import { shown } from "../adapter/shape-parts.ts";
import type { BoxFile } from "./box-shape.ts";
import { splitChat } from "./rooms.ts";
import type { NetworkConfig } from "./types.ts";

type Whole = BoxFile & { readonly networks: readonly NetworkConfig[] };

/** What is wrong between keys that are each right. */
export const crossCheck = (file: Whole): readonly Problem[] => [
  ...unreachable(file),
  ...overlaps(file, "ghosts"),
  ...overlaps(file, "aliases"),
  ...botAmongGhosts(file),
  ...strangeRooms(file),
];

const wildcards: readonly string[] = ["0.0.0.0", "::"];

const unreachable = ({ appservice }: Whole): readonly Problem[] => {
  if (appservice.address !== undefined || !wildcards.includes(appservice.hostname)) return [];
  const says =
    `is missing, and the homeserver cannot call ${appservice.hostname}. ` +
    "Put the address at which the homeserver reaches the box.";
  return [{ path: ["appservice", "address"], says }];
};

/** A name must tell which network it belongs to, so no prefix may be the beginning of another. */
const overlaps = ({ networks }: Whole, key: "ghosts" | "aliases"): readonly Problem[] => {
  const of = (network: NetworkConfig) =>
    key === "ghosts" ? network.ghostPrefix : network.aliasPrefix;
  return networks.flatMap((network) => {
    const other = networks.find((it) => it !== network && of(network).startsWith(of(it)));
    if (other === undefined) return [];
    const says =
      `is ${shown(of(network))}, which begins like the ${shown(of(other))} of networks.${other.id}. ` +
      "Put one that begins differently.";
    return [{ path: ["networks", network.id, key], says }];
  });
};

const botAmongGhosts = ({ appservice, networks }: Whole): readonly Problem[] => {
  const { username } = appservice.bot;
  const taken = networks.find((network) => username.startsWith(network.ghostPrefix));
  if (taken === undefined) return [];
  const says =
    `is ${shown(username)}, which is a name for a remote person of networks.${taken.id}. ` +
    `Put one that does not begin with ${shown(taken.ghostPrefix)}.`;
  return [{ path: ["appservice", "bot", "username"], says }];
};

const strangeRooms = ({ networks, rooms }: Whole): readonly Problem[] => {
  const ids: readonly string[] = networks.map((network) => network.id);
  const bound = new Set<string>();
  return rooms.flatMap(({ room, chats }, index): readonly Problem[] => {
    const twice = bound.has(room);
    bound.add(room);
    const strangers = chats.flatMap((text, at): readonly Problem[] => {
      const { network } = splitChat(text);
      if (ids.includes(network)) return [];
      const says = `is ${shown(text)}, and there is no networks.${network}. Put one of ${ids.join(", ")} first.`;
      return [{ path: ["rooms", index, "chats", at], says }];
    });
    if (!twice) return strangers;
    const says = `is ${shown(room)}, which is there twice. Put all its chats in one entry.`;
    return [{ path: ["rooms", index, "room"], says }, ...strangers];
  });
};
