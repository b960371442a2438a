import type { Part } from "../../adapter/index.ts";
import type { Portal } from "../../store/types.ts";
import type { Turn } from "../turn.ts";
import type { Works } from "../works.ts";
import { contentOf } from "./content.ts";
import { showMedia } from "./media.ts";
import type { Shown, Showing } from "./media.ts";

/** The event that shows a part: a file is brought to the homeserver, everything else is written. */
export const shownAs = async (
  works: Works,
  turn: Turn,
  {
    part,
    ...rest
  }: { readonly portal: Portal; readonly part: Part } & Pick<Showing, "as" | "before">,
): Promise<Shown> =>
  part.kind === "media"
    ? showMedia(works, turn, { part, ...rest })
    : contentOf(works, rest.portal, part, rest.as, turn.signal);
