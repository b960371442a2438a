import { objectIn, textIn, type Wire } from "./api/shapes.ts";

/** What stands over a conversation: its topic, or where it has none what it is for (its description). */
export const topicOf = (channel: Wire): string =>
  textIn(objectIn(channel, "topic"), "value") ??
  textIn(objectIn(channel, "purpose"), "value") ??
  "";
