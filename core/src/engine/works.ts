import type { Millis } from "../adapter/index.ts";
import type { Ahead } from "./ahead.ts";
import type { Box } from "./box.ts";
import type { Burst } from "./burst.ts";
import type { CatchUp } from "./catch-up.ts";
import type { ChatGates } from "./chat-gates.ts";
import type { Echoes } from "./echoes.ts";
import type { EphemeralFlow } from "./ephemeral/types.ts";
import type { Ghosts } from "./ghosts.ts";
import type { HistorySlots } from "./history-slots.ts";
import type { Inflight } from "./inflight.ts";
import type { Load } from "./load.ts";
import type { Links } from "./media/links.ts";
import type { Linked } from "./linked/linked.ts";
import type { Looks } from "./looks.ts";
import type { Names } from "./names.ts";
import type { Pace } from "../flow/pace.ts";
import type { Originals } from "./originals.ts";
import type { Parked } from "./parked.ts";
import type { Portals } from "./portals.ts";
import type { Puppets } from "./puppets.ts";
import type { Returns } from "./returns.ts";
import type { ReviewTimes } from "./review-times.ts";
import type { Rooms } from "./rooms.ts";
import type { Spaces } from "./spaces/make.ts";

/** The engine's parts, each with one reason to exist; made once, in `engine.ts`. */
export interface Works {
  readonly box: Box;
  readonly portals: Portals;
  readonly ghosts: Ghosts;
  readonly puppets: Puppets;
  readonly linked: Linked;
  readonly rooms: Rooms;
  readonly spaces: Spaces;
  readonly names: Names;
  readonly looks: Looks;
  readonly originals: Originals;
  readonly inflight: Inflight;
  /** When this process began, by the box's clock. */
  readonly began: Millis;
  readonly echoes: Echoes;
  readonly historySlots: HistorySlots;
  /** The same for lists of members, which may be long. */
  readonly listSlots: HistorySlots;
  readonly reviewTimes: ReviewTimes;
  readonly catchUp: CatchUp;
  readonly ahead: Ahead;
  readonly burst: Burst;
  readonly parked: Parked;
  readonly chatGates: ChatGates;
  /** At which members come and go of whom nothing is heard but that. */
  readonly rosterPace: Pace;
  readonly ephemeral: EphemeralFlow;
  /** Whether that MXID is the bot's or a ghost's, existing or not. */
  isInNamespace(mxid: string): boolean;
  /** What `accept` measures its quota by. */
  readonly load: Load;
  /** Signed links to media, for whoever cannot ask the homeserver. */
  readonly links: Links;
  /** Logins that wait for a browser to come back. */
  readonly returns: Returns;
}
