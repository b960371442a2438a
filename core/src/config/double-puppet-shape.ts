import { choice, flag, object, optional, record, text } from "../adapter/index.ts";

/** An address of a server, perhaps with a path. */
export const address = /https?:\/\/[^\s/?#@]+(?:\/[^\s?#@]*)?/;

/** How people speak as themselves. */
export const doublePuppet = object(
  {
    registration: optional(
      text({
        says:
          "The file that `register --double-puppet` writes and the homeserver reads too. With it, what " +
          "people say on a network by an account that they logged in with is shown as said by " +
          "themselves. Without it a ghost of theirs says it.",
        example: "doublepuppet.yaml",
      }),
    ),
    servers: record(
      text({
        says: "Where the client API of a homeserver is.",
        example: "https://matrix.example.org",
        pattern: address,
        expects: "an http or https address",
      }),
      {
        says:
          "Other homeservers, by server name, whose people may give the bot an access token of theirs " +
          "(login-matrix) and speak as themselves too. What stands here is called as it is, also by " +
          "http and inside of your network.",
        keys: {
          pattern: /[A-Za-z0-9.:[\]-]{1,255}/,
          expects: "a server_name such as example.org",
        },
        default: {},
        example: { "example.org": "https://matrix.example.org" },
      },
    ),
    discovery: flag({
      says:
        "Whether a homeserver that is not in servers is found by its name (.well-known), for people " +
        "who may use the box. Only https is called then, and only addresses of the open internet.",
      default: false,
    }),
    chats: choice(["creation", "always", "never"], {
      says:
        "When a chat that is muted, pinned or archived on its network is so on Matrix too, for people " +
        "who speak as themselves: when it is first seen (creation), at each change over there " +
        "(always), or never. Private chats and marks as unread follow unless it is never.",
      default: "creation",
    }),
    follow: flag({
      says:
        "Whether what people of homeserver.domain mute, tag or mark as unread on Matrix is so on the " +
        "network too, where it has such a thing. It needs the registration: each of them is asked " +
        "about twice a minute by a /sync of these things alone.",
      default: false,
    }),
  },
  { says: "How people speak in rooms as themselves instead of by a ghost." },
);
