import { asideCases } from "./cases-asides.ts";
import { inboundCases } from "./cases-inbound.ts";
import { kindCases } from "./cases-kinds.ts";
import { lifeCases } from "./cases-life.ts";
import { mediaCases } from "./cases-media.ts";
import { outboundCases } from "./cases-outbound.ts";
import { troubleCases } from "./cases-trouble.ts";

/** Every promise by its name, in the order they are played. */
export const cases = {
  ...lifeCases,
  ...inboundCases,
  ...outboundCases,
  ...kindCases,
  ...asideCases,
  ...mediaCases,
  ...troubleCases,
};

/** The name of a case, as a skip must spell it. */
export type CaseName = keyof typeof cases;
