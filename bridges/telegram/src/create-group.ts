import {
  BridgeError,
  type Attempt,
  type ChatInfo,
  type Json,
  type LoginId,
  type MadeChat,
  type UserId,
} from "@bridgebox/core/adapter";
import type { Access, Ask } from "./access.ts";
import { Api, decimal, type Long } from "./api/tl.ts";
import { notLetIn, ofOne } from "./chat-members.ts";
import { chatRef, peerOfUser, senderId, type PeerId } from "./ids.ts";
import { describeChat } from "./known.ts";

interface Group {
  readonly name?: string;
  readonly members: readonly UserId[];
  readonly kind: ChatInfo["kind"];
}

/** What was made, and what everybody in it is told of it. */
interface Made {
  readonly chat: MadeChat;
  readonly updates: readonly Api.TypeUpdates[];
}

const what = "The group was not made";
const notAdded = "They were not added";
/** core.telegram.org/method/messages.createChat, channels.createChannel */
const longestTitle = 128;

const refused = (code: "invalid" | "not_found" | "internal", why: string): BridgeError =>
  new BridgeError(code, `${what}: ${why}`, { reached: "no", scope: "item" });

/**
 * A basic group, or a channel in which this account alone writes. Whom Telegram does not let this account
 * add is not in it, and told.
 */
export const createGroup = async (
  access: Access,
  { group, login }: { readonly group: Group; readonly login: LoginId },
  attempt: Attempt,
): Promise<Made> => {
  const ask = { what, signal: attempt.signal };
  const people = group.members.map(
    (user): PeerId => peerOfUser(user) ?? { kind: "user", id: user },
  );
  const users = await Promise.all(people.map((peer) => inputOf(access, peer)));
  const title = Array.from(group.name ?? (await namesOf(access, people)))
    .slice(0, longestTitle)
    .join("");
  if (group.kind === "channel" || group.kind === "broadcast")
    return createChannel(access, { title, users, login }, attempt);
  if (users.length === 0)
    throw refused("invalid", "Telegram makes none without people. Name at least one.");
  const request = new Api.messages.CreateChat({ users, title });
  const answer = await access.client.call<Api.messages.TypeInvitedUsers>(request, ask);
  const peer = await peerIn(access, answer.updates);
  const chat = { ...chatRef(peer, login), ...missingOf(answer.missingInvitees.map(missed)) };
  return { chat, updates: [answer.updates] };
};

interface Channel {
  readonly title: string;
  readonly users: readonly Api.InputUser[];
  readonly login: LoginId;
}

const createChannel = async (
  access: Access,
  { title, users, login }: Channel,
  attempt: Attempt,
): Promise<Made> => {
  const ask = { what, signal: attempt.signal };
  const before = noted(attempt.notes);
  if (title === "") throw refused("invalid", "a channel has a name. Say which.");
  const made: Api.TypeUpdates[] = [];
  let id = before;
  if (id === undefined) {
    const request = new Api.channels.CreateChannel({ title, about: "", broadcast: true });
    const updates = await access.client.call<Api.TypeUpdates>(request, ask);
    made.push(updates);
    id = (await peerIn(access, updates)).id;
    await attempt.note({ channel: id });
  }
  const peer: PeerId = { kind: "channel", id };
  const channel = await access.peers.inputChannel(id);
  if (channel === undefined || users.length === 0)
    return { chat: chatRef(peer, login), updates: made };
  const { missing, updates } = await invited(access, { channel, users }, attempt.signal);
  return {
    chat: { ...chatRef(peer, login), ...missingOf(missing) },
    updates: [...made, ...updates],
  };
};

type Missing = NonNullable<MadeChat["missing"]>[number];

/** The channel is there: whom it refuses is missing from it, be it each by name or all of them. */
const invited = async (
  access: Access,
  {
    channel,
    users,
  }: { readonly channel: Api.InputChannel; readonly users: readonly Api.InputUser[] },
  signal: AbortSignal,
): Promise<{ readonly missing: readonly Missing[]; readonly updates: Made["updates"] }> => {
  const ask: Ask = { what: notAdded, signal };
  const request = new Api.channels.InviteToChannel({ channel, users: [...users] });
  try {
    const answer = await access.client.call<Api.messages.TypeInvitedUsers>(request, ask);
    return { missing: answer.missingInvitees.map(missed), updates: [answer.updates] };
  } catch (thrown) {
    const error = ofOne(thrown, notAdded);
    if (!(error instanceof BridgeError) || error.reached !== "no" || error.scope !== "item")
      throw error;
    const missing = users.map(({ userId }) => ({ user: personOf(userId), why: error.message }));
    return { missing, updates: [] };
  }
};

const personOf = (id: Long): UserId => senderId({ kind: "user", id: decimal(id) });

const missed = (one: Api.TypeMissingInvitee): Missing => ({
  user: personOf(one.userId),
  why: notLetIn(one, notAdded),
});

const missingOf = (missing: readonly Missing[]): Pick<MadeChat, "missing"> =>
  missing.length === 0 ? {} : { missing };

const noted = (notes: Json | null): string | undefined => {
  if (notes === null || typeof notes !== "object" || !("channel" in notes)) return undefined;
  return typeof notes.channel === "string" ? notes.channel : undefined;
};

const inputOf = async (access: Access, { id }: PeerId): Promise<Api.InputUser> => {
  const input = await access.peers.inputUser(id);
  if (input !== undefined) return input;
  throw refused(
    "not_found",
    "this account has never met one of these people. Write to them first.",
  );
};

const namesOf = async (access: Access, people: readonly PeerId[]): Promise<string> => {
  const known = await Promise.all(people.map((peer) => access.peers.get(peer)));
  return known.flatMap((one) => one?.name ?? []).join(", ");
};

const peerIn = async (access: Access, updates: Api.TypeUpdates): Promise<PeerId> => {
  const told = updates instanceof Api.Updates || updates instanceof Api.UpdatesCombined;
  if (told) await access.learn(updates.users, updates.chats);
  const [first] = told ? updates.chats : [];
  const found = first && describeChat(first);
  if (found) return found.peer;
  throw refused("internal", "Telegram did not say which it is. Look for it in Telegram.");
};
