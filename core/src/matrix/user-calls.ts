import type { Asking } from "./asking.ts";
import { textAt } from "./parse.ts";
import { path } from "./path.ts";
import { rooms } from "./room-calls.ts";
import { notMatrix } from "./fault.ts";
import { type Homeserver, type JsonObject, MatrixError, type Who } from "./types.ts";
import type { Ask } from "./wire.ts";

type UserCalls = Pick<
  Homeserver,
  | "register"
  | "setDisplayName"
  | "getDisplayName"
  | "setAvatar"
  | "setTyping"
  | "setReceipt"
  | "setPresence"
  | "whoami"
>;

/** What is done to a user of ours. */
export const userCalls = ({ ask, ifThere, tell }: Asking, bot: string): UserCalls => ({
  register: async (localpart, call) => {
    const body = {
      type: "m.login.application_service",
      username: localpart,
      inhibit_login: true,
    };
    const isExpected = (error: unknown): boolean =>
      error instanceof MatrixError && error.errcode === "M_USER_IN_USE";
    try {
      await tell(
        {
          does: "register a user",
          method: "POST",
          path: "/_matrix/client/v3/register",
          body,
          isExpected,
        },
        call,
      );
    } catch (error) {
      if (!isExpected(error)) throw error;
    }
  },
  setDisplayName: async (user, name, call) =>
    tell(
      {
        does: "set a display name",
        method: "PUT",
        path: profilePath(user, "displayname"),
        body: { displayname: name },
      },
      call,
    ),
  getDisplayName: async (user, call) => {
    const found = await ifThere(
      { does: "read a display name", method: "GET", path: profilePath(user, "displayname") },
      call,
      [403, 404],
    );
    return found === undefined ? undefined : textAt(found, "displayname");
  },
  setAvatar: async (user, mxc, call) =>
    tell(
      {
        does: "set an avatar",
        method: "PUT",
        path: profilePath(user, "avatar_url"),
        body: { avatar_url: mxc },
      },
      call,
    ),
  setTyping: async (room, on, ttl, call) =>
    tell(
      {
        does: "show typing",
        method: "PUT",
        path: rooms + path`/${room}/typing/${call.as ?? bot}`,
        body: on ? { typing: true, timeout: ttl } : { typing: false },
      },
      call,
    ),
  setReceipt: async (room, event, call) =>
    tell(
      {
        does: "mark as read",
        method: "POST",
        path: rooms + path`/${room}/receipt/m.read/${event}`,
        body: {},
      },
      call,
    ),
  setPresence: async (user, { state, text }, call) =>
    tell(
      {
        does: "show presence",
        method: "PUT",
        path: path`/_matrix/client/v3/presence/${user}/status`,
        body: { presence: state, ...(text === undefined ? {} : { status_msg: text }) },
      },
      call,
    ),
  whoami: async (call) => whoIn(await ask(whoami, call)),
});

export const whoami: Ask = {
  does: "ask whose token it is",
  method: "GET",
  path: "/_matrix/client/v3/account/whoami",
};

/** What a homeserver says of who somebody is. */
export const whoIn = (answer: JsonObject): Who => {
  const user = textAt(answer, "user_id");
  if (user === undefined) throw notMatrix(whoami.does, "the answer has no user_id", 200);
  const device = textAt(answer, "device_id");
  return { user, ...(device === undefined ? {} : { device }) };
};

const profilePath = (user: string, field: string): string =>
  path`/_matrix/client/v3/profile/${user}/${field}`;
