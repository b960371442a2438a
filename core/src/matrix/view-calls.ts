import type { Asking } from "./asking.ts";
import { isObject } from "./parse.ts";
import { path } from "./path.ts";
import { isSilent, readViewsOver } from "./views.ts";
import type { AccountDataPlace, Call, Homeserver } from "./types.ts";

type ViewCalls = Pick<
  Homeserver,
  "getAccountData" | "setAccountData" | "getTags" | "setTag" | "isMuted" | "setMuted" | "readViews"
>;

const v3 = "/_matrix/client/v3";

/** How one user sees a room: nobody else is told of it. */
export const viewCalls = ({ ask, ifThere, tell, ...more }: Asking): ViewCalls => ({
  readViews: readViewsOver({ ask, ifThere, tell, ...more }),
  getAccountData: (at, call) =>
    ifThere({ does: "read account data", method: "GET", path: accountData(at, call) }, call),
  setAccountData: (at, content, call) =>
    tell(
      { does: "set account data", method: "PUT", path: accountData(at, call), body: content },
      call,
    ),
  getTags: async (room, call) => {
    const found = await ask({ does: "read tags", method: "GET", path: tags(room, call) }, call);
    const { tags: all } = found;
    return isObject(all) ? all : {};
  },
  setTag: (room, tag, on, call) => {
    const at = tags(room, call) + path`/${tag}`;
    return on
      ? tell({ does: "tag a room", method: "PUT", path: at, body: {} }, call)
      : tell({ does: "take a tag off a room", method: "DELETE", path: at }, call);
  },
  isMuted: async (room, call) => {
    const rule = await ifThere(
      { does: "read a push rule", method: "GET", path: ruleOf(room) },
      call,
    );
    return rule !== undefined && rule["enabled"] !== false && isSilent(rule["actions"]);
  },
  setMuted: async (room, on, call) => {
    if (on) {
      const ask = { does: "mute a room", method: "PUT", path: ruleOf(room) } as const;
      return tell({ ...ask, body: { actions: [] } }, call);
    }
    await ifThere({ does: "unmute a room", method: "DELETE", path: ruleOf(room) }, call);
  },
});

const self = ({ as = "" }: Call): string => `${v3}${path`/user/${as}`}`;

const accountData = ({ type, room }: AccountDataPlace, call: Call): string =>
  room === undefined
    ? `${self(call)}${path`/account_data/${type}`}`
    : `${self(call)}${path`/rooms/${room}/account_data/${type}`}`;

const tags = (room: string, call: Call): string => `${self(call)}${path`/rooms/${room}/tags`}`;

/** The room-kind rule of a room has its id for a name (§ "Push Rules"). */
const ruleOf = (room: string): string => `${v3}${path`/pushrules/global/room/${room}`}`;
