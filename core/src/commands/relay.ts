import { BridgeError } from "../adapter/index.ts";
import type { LiveLogin } from "../engine/index.ts";
import type { Portal } from "../store/types.ts";
import type { Asked, Command } from "./command.ts";
import { demandPower } from "./power.ts";
import { notBridged } from "./words.ts";

/** The chats of this room that were meant; without a network all of them. */
const meant = async ({ engine, room }: Asked, network: string | undefined) =>
  (await engine.works.portals.ofRoom(room)).filter(
    (portal) => !portal.dead && (network === undefined || portal.network === network),
  );

const set = async ({ engine }: Asked, portal: Portal, relay: Portal["relay"]): Promise<void> => {
  const { box, portals } = engine.works;
  await box.store.commit((tx) => portals.update(tx, portal, { relay }));
  portals.forget(portal);
};

/** A person's own account speaks for others only where they themselves say so. */
export const setRelay: Command = {
  name: "set-relay",
  section: "rooms",
  network: "first",
  again: true,
  args: "[network] [login]",
  says: "lets people without a login speak here, by that account or one of the box",
  needs: "user",
  async run(asked) {
    const [network, ...words] = asked.args;
    const name = words.length === 0 ? undefined : words.join(" ");
    const portals = await meant(asked, network);
    if (portals.length === 0) return notBridged(network);
    await demandPower(asked, "given a relay");
    const lines: string[] = [];
    for (const portal of portals) {
      const login = relayFor(asked, portal, name);
      await set(asked, portal, login.row.id);
      const { id } = portal.chat;
      lines.push(
        `${login.row.name} speaks to ${portal.network} ${id} for people without a login now.`,
      );
    }
    return lines.join("\n");
  },
};

export const unsetRelay: Command = {
  name: "unset-relay",
  section: "rooms",
  network: "only",
  again: true,
  args: "[network]",
  says: "lets only people with a login speak here",
  needs: "user",
  async run(asked) {
    const portals = await meant(asked, asked.args[0]);
    if (portals.length === 0) return notBridged(asked.args[0]);
    await demandPower(asked, "left without a relay");
    for (const portal of portals) await set(asked, portal, "off");
    const chats = portals.map(({ network, chat }) => `${network} ${chat.id}`).join(", ");
    return `Only people with a login are heard by ${chats} now. Nobody is told of each message.`;
  },
};

const relayFor = (asked: Asked, portal: Portal, name: string | undefined): LiveLogin => {
  const { engine, sender } = asked;
  const logins = [...(engine.works.box.networks.get(portal.network)?.logins.values() ?? [])];
  const { receiver } = portal.chat;
  const fit = logins.filter(({ row }) => receiver === undefined || row.id === receiver);
  const usable = fit.filter(({ row }) => row.owner === undefined || row.owner === sender);
  const ofBox = usable.find(({ row }) => row.owner === undefined);
  const named = usable.find(({ row }) => row.id === name || row.name === name);
  const found = name === undefined ? ofBox : named;
  if (found) return found;
  const known = usable.map(({ row }) => row.id).join(", ");
  throw new BridgeError(
    "not_found",
    `No relay was set for ${portal.network}: ${name === undefined ? "the box has no account there that could be one" : `there is no login ${name} that you may use`}. ${known === "" ? "Log in there first." : `Say one of ${known}.`}`,
    { reached: "no", scope: "item" },
  );
};
