import { networkId } from "../adapter/index.ts";
import { chatLabel } from "../engine/index.ts";
import type { Portal, PortalId } from "../store/types.ts";
import type { Asked, Command } from "./command.ts";
import { dissolveAll, isOnlyTheirs } from "./delete-portal.ts";
import { networkNamed } from "./networks.ts";
import { hasOthers } from "./others.ts";

/** So many are named; of the others it is told how many they are. */
const mostNamed = 10;

/** What it asks for holds as long as the rooms are the same: there is nothing to remember. */
export const deleteAllPortals: Command = {
  name: "delete-all-portals",
  section: "rooms",
  network: "first",
  args: "[network] [everybody]",
  says: "deletes the rooms of chats that only you are in; an admin may say everybody",
  needs: "user",
  async run(asked) {
    const { engine, sender, args } = asked;
    const { box } = engine.works;
    const words = args.filter((word) => word !== "everybody" && !word.startsWith("confirm-"));
    const everybody = args.includes("everybody");
    if (everybody && !box.settings.permits(sender, "admin"))
      return "Nothing was deleted: only an admin of this box may delete everybody's rooms.";
    if (await hasOthers(asked))
      return "I name nobody's chats where others read along. Ask me in a room of the two of us.";
    const network = words[0] === undefined ? undefined : networkNamed(engine, words[0]).settings.id;
    const portals = await meant(asked, { network, everybody });
    if (portals.length === 0)
      return everybody
        ? "Nothing was deleted: there is no such room."
        : "Nothing was deleted: there is no such room, of a chat that only you are in.";
    const order = [network ?? "", everybody, ...portals.map(({ id }) => id)].join(" ");
    const code = `confirm-${box.keyOf(0 as PortalId, `${sender} ${order}`, "").slice(0, 6)}`;
    if (args.includes(code)) {
      await dissolveAll(asked, portals);
      return `${count(portals)} deleted now: everybody leaves those that I made.`;
    }
    const named = portals
      .slice(0, mostNamed)
      .map(({ network: id, chat, info }) => `  ${info?.name ?? ""} (${chatLabel(id, chat)})`);
    const more = portals.length - named.length;
    const again = [network, everybody && "everybody", code].filter(Boolean).join(" ");
    return [
      `${count(portals)} deleted if you say so:`,
      ...named,
      ...(more > 0 ? [`  and ${more} more`] : []),
      `Say: delete-all-portals ${again}`,
    ].join("\n");
  },
};

const count = ({ length }: readonly Portal[]): string =>
  length === 1 ? "1 room is" : `${length} rooms are`;

const meant = async (
  asked: Asked,
  { network, everybody }: { network: string | undefined; everybody: boolean },
): Promise<readonly Portal[]> => {
  const { box } = asked.engine.works;
  const { portals } = box.store.read;
  const found: Portal[] = [];
  for (const id of network === undefined ? box.networks.keys() : [networkId(network)])
    for (const portal of await portals.ofNetwork(id)) {
      if (portal.dead || portal.room === undefined) continue;
      if (everybody || (await isOnlyTheirs(asked, portal))) found.push(portal);
    }
  return found;
};
