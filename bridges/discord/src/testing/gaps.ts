/** Bots are invited and may not vote, a thread is a chat of its own, and there are no places and no lists of bans. */
export const gaps = [
  "enters a chat that it is in",
  "hands over what is said in a thread, with its root",
  "says something in a thread",
  "votes, otherwise, and not at all",
  "hands over a place",
  "sends a place",
  "bans a mask, tells of it, and lets go, each again without a fuss",
] as const;
