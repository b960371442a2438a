import { userId } from "../../adapter/index.ts";
import type { MediaRef, NetworkId, UserId, UserInfo } from "../../adapter/index.ts";
import { cleanName, looksLike } from "../../richtext/index.ts";
import type { Link, Portal } from "../../store/types.ts";
import { holdsAddress } from "../address.ts";
import { pictureOf } from "../media/pictures.ts";
import { networkOf } from "../portals.ts";
import type { Works } from "../works.ts";

/** How a person is shown on a network where an account is theirs. */
export interface Face {
  readonly name: string;
  /** The address of their picture there. */
  readonly mxc: string | undefined;
}

/**
 * Name and picture of that person's account where the portal's chat is; of several the one that was
 * linked last.
 */
export const faceOf = async (
  works: Works,
  portal: Portal,
  person: string,
): Promise<Face | undefined> => {
  const live = networkOf(works.box, portal);
  const all = await works.linked.accountsOf(works.box.store.read, person);
  const link = all.find(({ network }) => network === portal.network);
  if (!live || !link) return undefined;
  const shared = live.settings.adapter.ids === "shared";
  const ghost = shared ? await works.ghosts.get(link.network, idOf(link)) : undefined;
  const name = cleanName(ghost?.name ?? link.name);
  const accounts = [...live.logins.values()].map(({ row }) => row);
  const ours = accounts.filter(({ owner }) => owner !== person);
  const mistakable = holdsAddress(name) || ours.some((row) => looksLike(row.name, name));
  if (name === "" || mistakable) return undefined;
  const { avatar } = (ghost?.info ?? {}) as unknown as { readonly avatar?: MediaRef | null };
  const { signal, settings } = works.box;
  const mxc =
    avatar && settings.publicAddress !== undefined
      ? await pictureOf(works, portal, { ref: avatar, signal })
      : undefined;
  return { name, mxc };
};

/** Where ids are shared, the account is the id. */
const idOf = ({ account }: Link): UserId => userId(account);

/** What the network says of a new link's account is learned at once: their first words carry it. */
export const learnFace = async (
  { box, ghosts }: Works,
  { network, account }: { readonly network: NetworkId; readonly account: string },
): Promise<void> => {
  if (box.networks.get(network)?.settings.adapter.ids !== "shared") return;
  const user = userId(account);
  const info: UserInfo | undefined = await ghosts.ask(network, user);
  if (info === undefined) return;
  const changed = await box.store.commit((tx) => ghosts.learn(tx, { network, user }, info));
  box.log.debug("The account of a link was looked at", { network, ...changed });
};
