/** Slack has neither polls nor places. */
export const gaps = [
  "hands over a poll, a vote and its end",
  "votes, otherwise, and not at all",
  "sends a poll, and ends it",
  "hands over a place",
  "sends a place",
] as const;
