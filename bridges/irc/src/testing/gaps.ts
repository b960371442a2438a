/** What is another thing there. */
export const skip = [
  {
    case: "reacts, again without a fuss, and takes it back",
    reason: "a server without ids has no reactions: a line says it, once, and stays",
  },
] as const;

/** What no IRC server has. */
export const nowhere = [
  "finds a login that is good to be good",
  // Only the relay is the box's own, and no login flow gives one.
  "tells what is said to the account alone, and answers there",
  "hands over an edit",
  "edits what it sent",
  "hands over what is said in a thread, with its root",
  "says something in a thread",
  "hands over a poll, a vote and its end",
  "votes, otherwise, and not at all",
  "sends a poll, and ends it",
  "hands over a place",
  "sends a place",
  "pins, again without a fuss, and lets go",
  "hands over a pin",
  "hands over a file as a pointer that opens, also after a restart",
  "a file that nobody waits for is not opened",
  "sends a file of each kind that the chat takes, whole and with its caption",
  "a file that breaks off on its way is not shown, and is no mistake of ours",
  "a file that is too large says so, and reached nobody",
] as const;

/** And where it gives no ids and keeps nothing. */
export const gaps = [
  ...nowhere,
  "what was refused is not acknowledged: it comes again",
  "what was not committed yet is not acknowledged either",
  "goes on where it was after a restart",
  "hands over a removal",
  "hands over a reply with its target",
  "removes what it sent, and again without a fuss",
  "replies to what was said",
  "reads history, oldest first",
  "names in history all that is there, where it promises that the rest was deleted",
  "removing what was never there is no surprise",
  "hands over a reaction, and that it is taken back",
  "what was never sent is not found",
] as const;
