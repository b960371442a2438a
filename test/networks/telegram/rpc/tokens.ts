import type { Account } from "../model.ts";
import type { Logins } from "../logins.ts";
import { Api, long, now, RpcError } from "../tl.ts";
import type { Feed } from "../updates.ts";
import { authorize } from "./auth.ts";
import { method, publicMethod, userMethod, type Call, type Method } from "./method.ts";

/** Signing in by a QR code, and with an authorisation of another data centre. */
export const tokenMethods: readonly Method[] = [
  publicMethod(Api.auth.ExportLoginToken, (_request, call) => {
    const { logins, session } = call;
    const accepted = logins.token({ key: session.key })?.accepted;
    if (!accepted) {
      session.wantsUpdates = true;
      return new Api.auth.LoginToken(logins.offerToken(session, call.tokenLifetime()));
    }
    const home = accepted.dc;
    if (home === undefined || home === session.key.dc) return signedIn(accepted, call);
    const { token } = logins.offerToken(session, call.tokenLifetime());
    const moved = logins.token({ bytes: token });
    if (moved) moved.accepted = accepted;
    return new Api.auth.LoginTokenMigrateTo({ dcId: home, token });
  }),
  publicMethod(Api.auth.ImportLoginToken, (request, call) => {
    const token = call.logins.token({ bytes: request.token });
    if (!token) throw new RpcError(400, "AUTH_TOKEN_INVALID");
    if (!token.accepted) throw new RpcError(400, "AUTH_TOKEN_INVALIDX");
    return signedIn(token.accepted, call);
  }),
  userMethod(Api.auth.AcceptLoginToken, (request, me, { logins, feed }) => {
    accept(logins, feed, { account: me, bytes: request.token });
    const device = { deviceModel: "", platform: "", systemVersion: "", appName: "", region: "" };
    const dates = { dateCreated: now(), dateActive: now(), apiId: 1, hash: long(1) };
    return new Api.Authorization({ ...device, ...dates, appVersion: "", ip: "", country: "" });
  }),
  method(Api.auth.ExportAuthorization, (_request, me, { logins }) => {
    return new Api.auth.ExportedAuthorization({ id: long(me.id), bytes: logins.export(me) });
  }),
  publicMethod(Api.auth.ImportAuthorization, (request, call) => {
    const account = call.logins.imported(request.id.toJSNumber(), request.bytes);
    if (!account) throw new RpcError(400, "AUTH_BYTES_INVALID");
    call.login.exported = true;
    return authorize(account, call);
  }),
];

/** Another device of the account has scanned the code. */
export function accept(
  logins: Logins,
  feed: Feed,
  { account, bytes }: { account: Account; bytes: Buffer },
): void {
  const token = logins.token({ bytes });
  if (!token) throw new RpcError(400, "AUTH_TOKEN_INVALID");
  if (token.accepted) throw new RpcError(400, "AUTH_TOKEN_ALREADY_ACCEPTED");
  if (token.expires <= now()) throw new RpcError(400, "AUTH_TOKEN_EXPIRED");
  token.accepted = account;
  feed.push(token.session, new Api.UpdateLoginToken());
}

function signedIn(account: Account, call: Call): Api.auth.LoginTokenSuccess {
  if (account.password !== undefined) {
    call.login.pending = account;
    throw new RpcError(401, "SESSION_PASSWORD_NEEDED");
  }
  return new Api.auth.LoginTokenSuccess({ authorization: authorize(account, call) });
}
