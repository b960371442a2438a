import { type Asking, demandText } from "./asking.ts";
import { isObject, textAt } from "./parse.ts";
import { path } from "./path.ts";
import type { Call, Homeserver } from "./types.ts";

const rosterMost = 64 * 1024 * 1024;

/** The start of every path about one room. */
export const rooms = "/_matrix/client/v3/rooms";

type RoomCalls = Pick<
  Homeserver,
  | "send"
  | "redact"
  | "getState"
  | "getStateEvent"
  | "getCreation"
  | "setState"
  | "joinedMembers"
  | "createRoom"
  | "resolveAlias"
  | "setAlias"
  | "removeAlias"
  | "unlist"
  | "join"
  | "invite"
  | "leave"
  | "kick"
  | "unban"
>;

/** What is done in a room and to its name. */
export const roomCalls = ({ ask, ifThere, tell, text }: Asking): RoomCalls => ({
  send: async ({ room, type, content, txn, ts }, call) =>
    text(
      "event_id",
      {
        does: "send an event",
        method: "PUT",
        path: rooms + path`/${room}/send/${type}/${txn}`,
        query: { ts: ts === undefined ? undefined : String(Math.trunc(ts)) },
        body: content,
      },
      call,
    ),
  redact: async ({ room, event, txn, reason }, call) =>
    text(
      "event_id",
      {
        does: "redact an event",
        method: "PUT",
        path: rooms + path`/${room}/redact/${event}/${txn}`,
        body: reason === undefined ? {} : { reason },
      },
      call,
    ),
  getState: async (at, call) =>
    ifThere({ does: "read room state", method: "GET", path: statePath(at) }, call),
  getStateEvent: (at, call) => stateEvent(ifThere, at, call),
  getCreation: (room, call) => stateEvent(ifThere, { room, type: "m.room.create", key: "" }, call),
  setState: async (at, content, call) =>
    text(
      "event_id",
      { does: "set room state", method: "PUT", path: statePath(at), body: content },
      call,
    ),
  joinedMembers: async (room, call) => {
    const { joined } = await ask(
      {
        does: "list the members of a room",
        method: "GET",
        path: rooms + path`/${room}/joined_members`,
        most: rosterMost,
      },
      call,
    );
    const members = isObject(joined) ? Object.entries(joined) : [];
    return new Map(
      members.map(([mxid, profile]) => [
        mxid,
        { name: isObject(profile) ? textAt(profile, "display_name") : undefined },
      ]),
    );
  },
  createRoom: async (body, call) =>
    text(
      "room_id",
      { does: "create a room", method: "POST", path: "/_matrix/client/v3/createRoom", body },
      call,
    ),
  resolveAlias: async (alias, call) => {
    const request = {
      does: "look up a room alias",
      method: "GET",
      path: aliasPath(alias),
    } as const;
    const found = await ifThere(request, call);
    return found && demandText("room_id", request, found);
  },
  setAlias: async (alias, room, call) =>
    tell(
      {
        does: "set a room alias",
        method: "PUT",
        path: aliasPath(alias),
        body: { room_id: room },
      },
      call,
    ),
  removeAlias: async (alias, call) => {
    await ifThere({ does: "remove a room alias", method: "DELETE", path: aliasPath(alias) }, call);
  },
  unlist: async (room, call) =>
    tell(
      {
        does: "take a room out of the directory",
        method: "PUT",
        path: path`/_matrix/client/v3/directory/list/room/${room}`,
        body: { visibility: "private" },
      },
      call,
    ),
  join: async (roomOrAlias, call, via = []) =>
    text(
      "room_id",
      {
        does: "join a room",
        method: "POST",
        path: path`/_matrix/client/v3/join/${roomOrAlias}`,
        query: { via, server_name: via },
        body: {},
      },
      call,
    ),
  invite: async (room, user, call) =>
    tell(
      {
        does: "invite somebody",
        method: "POST",
        path: rooms + path`/${room}/invite`,
        body: { user_id: user },
      },
      call,
    ),
  leave: async (room, call, reason) =>
    tell(
      {
        does: "leave a room",
        method: "POST",
        path: rooms + path`/${room}/leave`,
        body: reason === undefined ? {} : { reason },
      },
      call,
    ),
  kick: async (room, user, call, reason) =>
    tell(
      {
        does: "remove somebody from a room",
        method: "POST",
        path: rooms + path`/${room}/kick`,
        body: { user_id: user, ...(reason === undefined ? {} : { reason }) },
      },
      call,
    ),
  unban: async (room, user, call) =>
    tell(
      {
        does: "lift a ban",
        method: "POST",
        path: rooms + path`/${room}/unban`,
        body: { user_id: user },
      },
      call,
    ),
});

/**
 * No event has them beside its content: a homeserver that does not give whole events gave the content alone,
 * and whoever set it may have written down there what they want to be taken for an event.
 */
const levelFields = ["users", "users_default", "events", "events_default", "state_default"];

/** Homeservers that do not know `format` answer with the content alone. */
const stateEvent = async (
  ifThere: Asking["ifThere"],
  at: StatePlace,
  call: Call,
): ReturnType<Homeserver["getStateEvent"]> => {
  const request = { does: "read room state", method: "GET", path: statePath(at) } as const;
  const found = await ifThere({ ...request, query: { format: "event" } }, call);
  if (!found) return undefined;
  const { content, sender } = found;
  const isBare = at.type === "m.room.power_levels" && levelFields.some((field) => field in found);
  return isObject(content) && !isBare
    ? { sender: typeof sender === "string" ? sender : "", content }
    : { sender: "", content: found };
};

type StatePlace = Parameters<Homeserver["getState"]>[0];

const aliasPath = (alias: string): string => path`/_matrix/client/v3/directory/room/${alias}`;

const statePath = (at: StatePlace): string =>
  rooms + path`/${at.room}/state/${at.type}` + (at.key === "" ? "" : path`/${at.key}`);
