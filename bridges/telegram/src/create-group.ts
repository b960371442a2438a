import {
  BridgeError,
  type Attempt,
  type ChatInfo,
  type ChatRef,
  type Json,
  type LoginId,
  type UserId,
} from "@bridgebox/core/adapter";
import type { Access, Ask } from "./access.ts";
import { Api } from "./api/tl.ts";
import { chatRef, peerOfUser, type PeerId } from "./ids.ts";
import { describeChat } from "./known.ts";

interface Group {
  readonly name?: string;
  readonly members: readonly UserId[];
  readonly kind: ChatInfo["kind"];
}

/** What was made, and what everybody in it is told of it. */
interface Made {
  readonly chat: ChatRef;
  readonly updates: readonly Api.TypeUpdates[];
}

const what = "The group was not made";
/** core.telegram.org/method/messages.createChat, channels.createChannel */
const longestTitle = 128;

const refused = (code: "invalid" | "not_found" | "internal", why: string): BridgeError =>
  new BridgeError(code, `${what}: ${why}`, { reached: "no", scope: "item" });

/**
 * A basic group, or a channel in which this account alone writes. Whom Telegram does not let this account
 * add is left out and stands in the log.
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
    return createChannel(access, { title, users, login }, { ask, attempt });
  if (users.length === 0)
    throw refused("invalid", "Telegram makes none without people. Name at least one.");
  const request = new Api.messages.CreateChat({ users, title });
  const answer = await access.client.call<Api.messages.TypeInvitedUsers>(request, ask);
  noteMissing(access, answer);
  return { chat: await chatIn(access, answer.updates, login), updates: [answer.updates] };
};

interface Channel {
  readonly title: string;
  readonly users: readonly Api.InputUser[];
  readonly login: LoginId;
}

const createChannel = async (
  access: Access,
  { title, users, login }: Channel,
  { ask, attempt }: { readonly ask: Ask; readonly attempt: Attempt },
): Promise<Made> => {
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
  if (channel !== undefined && users.length > 0) {
    const request = new Api.channels.InviteToChannel({ channel, users: [...users] });
    const asking = { ...ask, what: `${title} is there, but nobody was invited` };
    const answer = await access.client.call<Api.messages.TypeInvitedUsers>(request, asking);
    noteMissing(access, answer);
    made.push(answer.updates);
  }
  return { chat: chatRef(peer, login), updates: made };
};

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

const chatIn = async (access: Access, updates: Api.TypeUpdates, login: LoginId): Promise<ChatRef> =>
  chatRef(await peerIn(access, updates), login);

const noteMissing = ({ log }: Access, { missingInvitees }: Api.messages.TypeInvitedUsers): void => {
  const people = missingInvitees.length;
  if (people > 0) log.info("Telegram did not let everybody be added to a new group", { people });
};
