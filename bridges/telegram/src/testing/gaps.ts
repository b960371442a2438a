export const whispers = "tells what is said to the account alone, and answers there";

/** A topic is a chat of its own, and only people are banned. */
export const gaps = [
  // A person's own account has nobody to answer for the box; a bot has.
  whispers,
  "hands over what is said in a thread, with its root",
  "says something in a thread",
  "bans a mask, tells of it, and lets go, each again without a fuss",
] as const;
