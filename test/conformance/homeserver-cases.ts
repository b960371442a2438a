import { accountCases } from "./cases/accounts.ts";
import { appserviceCases } from "./cases/appservice.ts";
import { eventCases } from "./cases/events.ts";
import { mediaCases } from "./cases/media.ts";
import { powerCases } from "./cases/power.ts";
import { readingCases } from "./cases/reading.ts";
import { roomCases } from "./cases/rooms.ts";
import { viewCases } from "./cases/views.ts";
import { spaceCases } from "./cases/spaces.ts";
import type { Case } from "./context.ts";

/**
 * Every response of a homeserver that the engine, the journeys and the fault runs rely on. The same
 * list runs on the sandbox homeserver and on a real Synapse, so neither can drift from the other.
 */
export const homeserverCases: readonly Case[] = [
  ...accountCases,
  ...roomCases,
  ...spaceCases,
  ...powerCases,
  ...eventCases,
  ...readingCases,
  ...mediaCases,
  ...viewCases,
  ...appserviceCases,
];
