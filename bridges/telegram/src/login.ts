import {
  BridgeError,
  type LoginContext,
  type LoginFlow,
  type LoginUi,
  type NewLogin,
} from "@bridgebox/core/adapter";
import { computeCheck } from "telegram/Password.js";
import { encodeSession } from "./api/session.ts";
import { Api, decimal } from "./api/tl.ts";
import { Entry, logInBot } from "./authorise.ts";
import type { TelegramAccount, TelegramConfig } from "./config.ts";
import { rpcName, toBridgeError } from "./errors.ts";
import { loginOf, senderId } from "./ids.ts";
import { describeUser } from "./peers.ts";

type Flow = LoginFlow<TelegramConfig, TelegramAccount>;
type Context = LoginContext<TelegramConfig, TelegramAccount>;

const failed = "You are not logged in";
const mostTries = 5;

/** Phone number, code, and the password where the account has one (core.telegram.org/api/auth). */
const phone: Flow = {
  label: "Phone number and code",
  gives: "All your chats, and your own account as the one that speaks.",
  risk: "Whoever runs this box can read and write as you until you end the session in Telegram.",
  run: async (ui, context) => {
    const entry = new Entry(context.config);
    try {
      const user = await signIn(ui, entry, context);
      const { key } = await entry.finish(context.signal);
      return [newLogin(user, { account: { session: encodeSession(key) }, context })];
    } catch (error) {
      throw toBridgeError(error, failed);
    } finally {
      await entry.close();
    }
  },
};

const bot: Flow = {
  label: "Bot token",
  gives: "A bot that speaks for everybody in the groups it is a member of.",
  run: async (ui, context) => {
    let say: string | undefined;
    for (let left = mostTries; ; left -= 1) {
      const { token } = await ui.ask(
        [
          {
            key: "token",
            label: "Bot token",
            type: "token",
            secret: true,
            help: "From @BotFather.",
          },
        ],
        say,
      );
      try {
        const { wire, key, user } = await logInBot(context.config, { token }, context.signal);
        await wire.close();
        return [newLogin(user, { account: { session: encodeSession(key), token }, context })];
      } catch (error) {
        const wrong = rpcName(error)?.name.startsWith("ACCESS_TOKEN_") === true;
        if (!wrong || left <= 1) throw toBridgeError(error, failed);
        say = "Telegram does not know that token. Copy it again from @BotFather.";
      }
    }
  },
};

export const logins: Readonly<Record<string, Flow>> = { phone, bot };

const signIn = async (ui: LoginUi, entry: Entry, context: Context): Promise<Api.TypeUser> => {
  const { number, hash } = await askNumber(ui, entry, context);
  let say = `Telegram sent a code to ${number}: look into your other Telegram apps, then at your SMS.`;
  for (let left = mostTries; ; left -= 1) {
    const { code } = await ui.ask(
      [{ key: "code", label: "Code", type: "code", secret: true }],
      say,
    );
    const request = new Api.auth.SignIn({
      phoneNumber: number,
      phoneCodeHash: hash,
      phoneCode: code.replace(/\D/g, ""),
    });
    try {
      return userIn(await entry.call(request, context.signal));
    } catch (error) {
      const name = rpcName(error)?.name;
      if (name === "SESSION_PASSWORD_NEEDED") return askPassword(ui, entry, context);
      if (!isWrongCode(name) || left <= 1) throw error;
      say = "That code is wrong. Type the newest one that Telegram sent.";
    }
  }
};

const isWrongCode = (name: string | undefined): boolean =>
  name === "PHONE_CODE_INVALID" || name === "PHONE_CODE_EMPTY";

const askNumber = async (
  ui: LoginUi,
  entry: Entry,
  { config, signal }: Context,
): Promise<{ readonly number: string; readonly hash: string }> => {
  let say: string | undefined;
  for (let left = mostTries; ; left -= 1) {
    const answer = await ui.ask([{ key: "phone", label: "Phone number", type: "phone" }], say);
    const number = `+${answer.phone.replace(/\D/g, "")}`;
    const request = new Api.auth.SendCode({
      phoneNumber: number,
      apiId: config.api_id,
      apiHash: config.api_hash,
      settings: new Api.CodeSettings({}),
    });
    try {
      const sent = await entry.call(request, signal);
      if (sent instanceof Api.auth.SentCode) return { number, hash: sent.phoneCodeHash };
      throw refused("Telegram wants more than a code for this account");
    } catch (error) {
      if (rpcName(error)?.name !== "PHONE_NUMBER_INVALID" || left <= 1) throw error;
      say = "That is no phone number. Write it with its country code, such as +49 151 2345678.";
    }
  }
};

const askPassword = async (
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

const refused = (why: string): BridgeError =>
  new BridgeError("forbidden", `${failed}: ${why}.`, { reached: "no", scope: "item" });

const userIn = (answer: Api.auth.TypeAuthorization): Api.TypeUser => {
  if (answer instanceof Api.auth.Authorization) return answer.user;
  throw refused("that number has no Telegram account – make one in the Telegram app");
};

const newLogin = (
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
