import type { NetworkId } from "../adapter/index.ts";
import type { Asking } from "../engine/index.ts";
import type { Asked } from "./command.ts";
import { networkNamed } from "./networks.ts";

/** Who asks, on which network, and the rest of the line. The network may be left out where there is only one. */
export const askingOf = ({
  engine,
  args,
  sender: asker,
  signal,
}: Asked): { readonly asking: Asking; readonly id: NetworkId; readonly rest: string } => {
  const [first, ...more] = args;
  const { networks } = engine.works.box;
  const named = networks.size > 1 || [...networks.keys()].some((id) => id === first?.toLowerCase());
  const live = networkNamed(engine, named ? first : undefined);
  return {
    asking: { live, asker, signal },
    id: live.settings.id,
    rest: (named ? more : args).join(" "),
  };
};
