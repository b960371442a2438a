import type { LoginId } from "../../adapter/index.ts";
import type { Lane, Portal, Repositories } from "../../store/types.ts";
import type { LiveLogin, LiveNetwork } from "../box.ts";
import type { Works } from "../works.ts";
import { connectedKey } from "./know.ts";
import { queuePlace, queueSpace } from "./item.ts";
import { lookOf, shownOf } from "./look.ts";

/** The logins whose rooms were put into their spaces once: what comes later is put there as it comes. */
const scope = "spaces";
/** Rooms that are queued in one commit. */
const atOnce = 200;

/**
 * A login is connected: what waited for that goes on, and rooms from before there were spaces get their
 * place. Once that is queued, a restart asks and writes nothing.
 */
export const placeRooms = async (
  works: Works,
  live: LiveNetwork,
  { row }: LiveLogin,
): Promise<void> => {
  const { box } = works;
  const network = live.settings.id;
  if (!live.settings.spaces) return;
  if (works.parked.has(connectedKey(network)))
    wake(works, await box.store.commit((tx) => works.parked.wake(tx, [connectedKey(network)])));
  await renamed(works, live, row);
  const whole = String(row.since);
  if ((await box.store.read.keys.get(scope, row.id)) === whole) return;
  const { portals } = box.store.read;
  const all: readonly Portal[] =
    row.owner === undefined ? await portals.ofNetwork(network) : await portals.ofLogin(row.id);
  const shown = all.filter(({ room, dead }) => room !== undefined && !dead);
  for (let from = 0; from < shown.length; from += atOnce) {
    const lanes = await box.store.commit(async (tx) => {
      const queued: Lane[] = [];
      for (const portal of shown.slice(from, from + atOnce))
        queued.push(...(await queuePlace(box, tx, portal)));
      return queued;
    });
    wake(works, lanes);
  }
  await box.store.commit((tx) => tx.keys.set(scope, row.id, whole, false));
};

/** In the commit that ends that login. */
export const forgetPlaced = (tx: Repositories, login: LoginId): Promise<void> =>
  tx.keys.set(scope, login, null, false);

/** The account may have another name since it was last connected. */
const renamed = async (
  works: Works,
  { settings }: LiveNetwork,
  row: LiveLogin["row"],
): Promise<void> => {
  const { box } = works;
  const space = await box.store.read.spaces.get(settings.id, { login: row.id });
  if (space === undefined) return;
  const look = await lookOf(box, box.store.read, space);
  if (look === undefined || look.name === shownOf(space).name) return;
  wake(works, [await box.store.commit((tx) => queueSpace(box, tx, space.room))]);
};

const wake = ({ box }: Works, lanes: readonly Lane[]): void => {
  for (const lane of lanes) box.wake(lane);
};
