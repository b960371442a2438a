import { BridgeError } from "../adapter/index.ts";
import type { Login } from "../store/types.ts";
import type { Asked } from "./command.ts";

const refused = (sentence: string): BridgeError =>
  new BridgeError("not_found", sentence, { reached: "no", scope: "item" });

/**
 * The one login of the asker that is called that, or is of that network; without a name, their only one.
 * @throws BridgeError where there is none, or it is not clear which.
 */
export const ownNamed = async (
  { engine, sender }: Pick<Asked, "engine" | "sender">,
  name: string | undefined,
): Promise<Login> => {
  const own = await engine.works.box.store.read.logins.ofOwner(sender);
  const [row, ...more] = own.filter(
    (one) => name === undefined || one.id === name || one.network === name || one.name === name,
  );
  if (!row && name === undefined)
    throw refused('Nothing was done: you are not logged in anywhere. "login" begins.');
  if (!row)
    throw refused("Nothing was done: you have no login of that name. list-logins shows yours.");
  if (more.length > 0)
    throw refused(`Tell me which login: ${[row, ...more].map((one) => one.id).join(", ")}.`);
  return row;
};
