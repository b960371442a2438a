import type { Part } from "../../adapter/index.ts";
import type { Portal } from "../../store/types.ts";
import type { Turn } from "../turn.ts";
import type { Works } from "../works.ts";
import { withCard } from "./contact.ts";
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
): Promise<Shown> => {
  if (part.kind === "media") return showMedia(works, turn, { part, ...rest });
  const { signal } = turn;
  const shown = await contentOf(works, rest.portal, part, rest.as, signal);
  if (part.kind !== "contact") return shown;
  const { content } = shown;
  return { ...shown, content: await withCard(works, rest.portal, { part, content, signal }) };
};
