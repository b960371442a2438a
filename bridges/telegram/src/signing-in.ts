import {
  BridgeError,
  type LoginContext,
  type LoginFlow,
  type LoginUi,
  type NewLogin,
} from "@bridgebox/core/adapter";
import { computeCheck } from "telegram/Password.js";
import { Api, decimal } from "./api/tl.ts";
import type { Entry } from "./authorise.ts";
import type { TelegramAccount, TelegramConfig } from "./config.ts";
import { rpcName } from "./errors.ts";
import { loginOf, senderId } from "./ids.ts";
import { describeUser } from "./known.ts";

export type Flow = LoginFlow<TelegramConfig, TelegramAccount>;
export type Context = LoginContext<TelegramConfig, TelegramAccount>;

export const failed = "You are not logged in";
export const mostTries = 5;

/** What a person's own account gives, and what it costs. */
export const personal = {
  gives: "All your chats, and your own account as the one that speaks.",
  risk: "Whoever runs this box can read and write as you until you end the session in Telegram.",
};

/** Two-step verification (core.telegram.org/api/srp); a wrong password is asked for again. */
export const askPassword = async (
  ui: LoginUi,
  entry: Entry,
  { signal }: Context,
): Promise<Api.TypeUser> => {
  let say = "This account has two-step verification: type its password.";
  for (let left = mostTries; ; left -= 1) {
    const challenge = await entry.call(new Api.account.GetPassword(), signal);
    const hint = challenge.hint === undefined ? "" : ` Hint: ${challenge.hint}`;
    const { password } = await ui.ask(
      [{ key: "password", label: "Password", type: "password", secret: true }],
      `${say}${hint}`,
    );
    try {
      const check = await computeCheck(challenge, password);
      const request = new Api.auth.CheckPassword({ password: check });
      return userIn(await entry.call(request, signal));
    } catch (error) {
      if (rpcName(error)?.name !== "PASSWORD_HASH_INVALID" || left <= 1) throw error;
      say = "That password is wrong. Type the one of Telegram's two-step verification.";
    }
  }
};

export const refused = (why: string): BridgeError =>
  new BridgeError("forbidden", `${failed}: ${why}.`, { reached: "no", scope: "item" });

/** Whose account it is now. */
export const userIn = (answer: Api.auth.TypeAuthorization): Api.TypeUser => {
  if (answer instanceof Api.auth.Authorization) return answer.user;
  throw refused("that number has no Telegram account – make one in the Telegram app");
};

/** What the core keeps of a login; a relogin must be of the same account. */
export const newLogin = (
  user: Api.TypeUser,
  { account, context }: { readonly account: TelegramAccount; readonly context: Context },
): NewLogin<TelegramAccount> => {
  if (!(user instanceof Api.User)) throw refused("Telegram did not say who you are");
  const number = decimal(user.id);
  const { relogin } = context;
  const other = relogin !== undefined && !relogin.id.endsWith(number);
  if (other)
    throw refused("that is another Telegram account than before – log in with the same one");
  return {
    id: relogin?.id ?? loginOf(number),
    user: senderId({ kind: "user", id: number }),
    name: describeUser(user).name,
    account,
    role: user.bot === true ? "bot" : "user",
  };
};
