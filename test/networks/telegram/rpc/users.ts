import { Api, long, RpcError } from "../tl.ts";
import { asPeer, asUser, mentioned } from "../views.ts";
import { method, userMethod, type Method } from "./method.ts";

/** Accounts by id and by name. */
export const userMethods: readonly Method[] = [
  method(Api.users.GetUsers, (request, me, { world }) =>
    request.id.map((id) => asUser(world.account(id, me), me)),
  ),
  method(Api.users.GetFullUser, (request, me, { world }) => {
    const account = world.account(request.id, me);
    const fullUser = new Api.UserFull({
      id: long(account.id),
      settings: new Api.PeerSettings({}),
      notifySettings: new Api.PeerNotifySettings({}),
      commonChatsCount: 0,
    });
    return new Api.users.UserFull({ fullUser, ...mentioned([account], me) });
  }),
  method(Api.contacts.ResolveUsername, (request, me, { world }) => {
    const found = world.byUsername(request.username);
    if (!found) throw new RpcError(400, "USERNAME_NOT_OCCUPIED");
    return new Api.contacts.ResolvedPeer({ peer: asPeer(found), ...mentioned([found], me) });
  }),
  userMethod(Api.contacts.Search, (request, me, { world }) => {
    const q = request.q.trim().replace(/^@/, "");
    if (q === "") throw new RpcError(400, "SEARCH_QUERY_EMPTY");
    if (q.length < 3) throw new RpcError(400, "QUERY_TOO_SHORT");
    const { mine, others } = world.search(q, me);
    const [own, rest] = [mine.slice(0, request.limit), others.slice(0, request.limit)];
    const all = mentioned(new Set([...own, ...rest]), me);
    const [myResults, results] = [own.map(asPeer), rest.map(asPeer)];
    return new Api.contacts.Found({ myResults, results, ...all });
  }),
];
