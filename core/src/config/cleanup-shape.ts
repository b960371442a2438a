import { choice, object } from "../adapter/index.ts";

/** What becomes of the rooms of a login that its person logs out. */
export const cleanupShape = object(
  {
    alone: choice(["nothing", "leave", "delete"], {
      says:
        "Of chats that nobody else of the box is in, and in which nobody is relayed. nothing: their rooms stay " +
        "as they are. leave: the bot and the remote people leave them. delete: everybody is put out of those " +
        "that the box made.",
      default: "nothing",
    }),
    shared: choice(["nothing", "kick"], {
      says: "Of chats that others are in too. kick: who logged out is put out of rooms that the box made.",
      default: "nothing",
    }),
  },
  { says: "What becomes of the rooms of a login that its person logs out." },
);
