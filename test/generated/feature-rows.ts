import type { Ability, RemoteEvent } from "@bridgebox/core/adapter";
import type { CaseName } from "../../core/src/testing/cases.ts";

interface Row {
  readonly says: string;
  readonly from: readonly CaseName[];
  readonly to: readonly CaseName[];
}

/** What people call it, and the cases that prove it in each direction. */
export const proven: readonly Row[] = [
  { says: "texts", from: ["hands over what another person says"], to: ["sends a text, once"] },
  {
    says: "formatting",
    from: ["a text that comes in has no mark of the network left in it"],
    to: ["says every mark and block in its own way, and loses no word"],
  },
  {
    says: "replies",
    from: ["hands over a reply with its target"],
    to: ["replies to what was said"],
  },
  {
    says: "threads",
    from: ["hands over what is said in a thread, with its root"],
    to: ["says something in a thread"],
  },
  { says: "edits", from: ["hands over an edit"], to: ["edits what it sent"] },
  {
    says: "deletions",
    from: ["hands over a removal"],
    to: ["removes what it sent, and again without a fuss"],
  },
  {
    says: "reactions",
    from: ["hands over a reaction, and that it is taken back"],
    to: ["reacts, again without a fuss, and takes it back"],
  },
  {
    says: "pictures and files",
    from: ["hands over a file as a pointer that opens, also after a restart"],
    to: ["sends a file of each kind that the chat takes, whole and with its caption"],
  },
  {
    says: "polls",
    from: ["hands over a poll, a vote and its end"],
    to: ["sends a poll, and ends it"],
  },
  { says: "votes", from: [], to: ["votes, otherwise, and not at all"] },
  { says: "places", from: ["hands over a place"], to: ["sends a place"] },
  {
    says: "pins",
    from: ["hands over a pin"],
    to: ["pins, again without a fuss, and lets go"],
  },
  {
    says: "what was said while the box was away",
    from: ["goes on where it was after a restart"],
    to: [],
  },
  {
    says: "whether a message arrived can be asked after a crash",
    from: [],
    to: ["what was never sent is not found"],
  },
];

type State = Exclude<
  RemoteEvent["kind"],
  "message" | "edit" | "delete" | "reactions" | "votes" | "pins" | "location" | "gap" | "gone"
>;

/** What else a network may tell. The compiler demands every kind of event that the contract has; lists of bans are asked for, not told. */
export const told: Readonly<Record<Exclude<State, "bans">, string>> = {
  members: "who is in the chat",
  chat: "name, topic and picture of the chat",
  user: "names and pictures of people",
  userRenamed: "changes of nick",
  typing: "typing",
  presence: "presence",
  read: "read marks",
  delivered: "delivery marks",
  unread: "what you marked as unread",
  mute: "what you muted",
  tag: "your tags on chats",
  call: "calls, as a line with a link",
  notice: "what the network says of the chat, as a line",
  aside: "what people say to the account of the box alone, as for linking an account",
};

type OfAccount = "resolve" | "search" | "startChat" | "createGroup" | "chats";

/** What an account can do outside of its chats: its adapter has the method, at least for some accounts. */
export const ofAccount: Readonly<Record<OfAccount, string>> = {
  resolve: "find by name or number",
  search: "search for people and chats",
  startChat: "begin a private chat",
  createGroup: "make a group",
  chats: "list your chats",
};

/** What people do with an ability; those that are only for the box itself have no row. */
export const abilities: Readonly<Record<Exclude<Ability, OfAccount>, string | undefined>> = {
  plan: undefined,
  probe: undefined,
  open: undefined,
  user: undefined,
  find: "whether a message arrived can be looked up",
  edit: "edit what was sent",
  remove: "delete what was sent",
  react: "react",
  vote: "vote in a poll",
  closePoll: "end a poll",
  pin: "pin",
  typing: "show that you type",
  markRead: "mark as read",
  presence: "show that you are away",
  own: "mark as unread; mute and tag where the network has it",
  join: "enter a chat",
  leave: "leave a chat",
  members: "list the members",
  setInfo: "change name, topic or picture",
  setMember: "invite and remove people",
  setBan: "ban whoever fits a mask",
  bans: "see the lists of bans",
  history: "read older messages",
};
