import { randomBytes } from "node:crypto";
import { digits } from "../logins.ts";
import type { Account } from "../model.ts";
import { challenge, passwordAlgorithm } from "../srp.ts";
import { Api, RpcError } from "../tl.ts";
import { asUser } from "../views.ts";
import { method, publicMethod, type Call, type Method } from "./method.ts";

/** Signing in by code, password or bot token, and out (core.telegram.org/api/auth). */
export const authMethods: readonly Method[] = [
  publicMethod(Api.auth.SendCode, ({ phoneNumber }, { logins, world, session, codeSent }) => {
    const phone = digits(phoneNumber);
    if (phone.length < 7) throw new RpcError(400, "PHONE_NUMBER_INVALID");
    const home = world.findAccount((each) => digits(each.phone ?? "") === phone)?.dc;
    if (home !== undefined && home !== session.key.dc) {
      throw new RpcError(303, `PHONE_MIGRATE_${home}`);
    }
    const phoneCodeHash = logins.sendCode(phone);
    codeSent(phone);
    const type = new Api.auth.SentCodeTypeApp({ length: 5 });
    return new Api.auth.SentCode({ type, phoneCodeHash, timeout: 60 });
  }),
  publicMethod(Api.auth.SignIn, (request, call) => {
    const sent = call.logins.sentCode(request.phoneCodeHash);
    if (!request.phoneCode) throw new RpcError(400, "PHONE_CODE_EMPTY");
    if (!sent || sent.phone !== digits(request.phoneNumber)) {
      throw new RpcError(400, "PHONE_CODE_EXPIRED");
    }
    if (sent.code !== request.phoneCode) throw new RpcError(400, "PHONE_CODE_INVALID");
    call.logins.useCode(request.phoneCodeHash);
    const account = call.world.findAccount(({ phone = "" }) => digits(phone) === sent.phone);
    if (!account) return new Api.auth.AuthorizationSignUpRequired({});
    if (account.password === undefined) return authorize(account, call);
    call.login.pending = account;
    throw new RpcError(401, "SESSION_PASSWORD_NEEDED");
  }),
  publicMethod(Api.auth.ImportBotAuthorization, ({ botAuthToken }, call) => {
    const bot = call.world.findAccount(({ token }) => token === botAuthToken);
    if (!bot) throw new RpcError(400, "ACCESS_TOKEN_INVALID");
    return authorize(bot, call);
  }),
  publicMethod(Api.account.GetPassword, (_request, { login }) => {
    const account = login.pending ?? login.account;
    if (!account) throw new RpcError(401, "AUTH_KEY_UNREGISTERED");
    const future = {
      newAlgo: passwordAlgorithm(),
      newSecureAlgo: new Api.SecurePasswordKdfAlgoUnknown(),
      secureRandom: randomBytes(16),
    };
    if (account.password === undefined) return new Api.account.Password(future);
    const srp = challenge(account.password);
    login.srp = srp;
    return new Api.account.Password({
      ...future,
      hasPassword: true,
      currentAlgo: srp.algorithm,
      srp_B: srp.publicValue,
      srpId: srp.id,
    });
  }),
  publicMethod(Api.auth.CheckPassword, ({ password }, call) => {
    const { srp, pending } = call.login;
    if (!(password instanceof Api.InputCheckPasswordSRP)) {
      throw new RpcError(400, "PASSWORD_HASH_INVALID");
    }
    if (!srp || !pending || !password.srpId.eq(srp.id)) throw new RpcError(400, "SRP_ID_INVALID");
    delete call.login.srp;
    if (!srp.proves(password)) throw new RpcError(400, "PASSWORD_HASH_INVALID");
    return authorize(pending, call);
  }),
  method(Api.auth.LogOut, (_request, _me, { login, logins }) => {
    logins.end(login);
    return new Api.auth.LoggedOut({});
  }),
];

/** Signs the key in. */
export function authorize(account: Account, { login }: Call): Api.auth.Authorization {
  delete login.pending;
  login.account = account;
  return new Api.auth.Authorization({ user: asUser(account, account) });
}
