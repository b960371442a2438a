/** Slack has no polls, no places and no lists of bans. */
export const gaps = [
  "hands over a poll, a vote and its end",
  "votes, otherwise, and not at all",
  "sends a poll, and ends it",
  "hands over a place",
  "sends a place",
  "bans a mask, tells of it, and lets go, each again without a fuss",
] as const;
