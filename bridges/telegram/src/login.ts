import type { LoginUi } from "@bridgebox/core/adapter";
import { encodeSession } from "./api/session.ts";
import { Api } from "./api/tl.ts";
import { Entry, logInBot } from "./authorise.ts";
import { rpcName, toBridgeError } from "./errors.ts";
import { qr } from "./qr.ts";
import {
  askPassword,
  failed,
  mostTries,
  newLogin,
  personal,
  refused,
  userIn,
  type Context,
  type Flow,
} from "./signing-in.ts";

/** Phone number, code, and the password where the account has one (core.telegram.org/api/auth). */
const phone: Flow = {
  label: "Phone number and code",
  gives: personal.gives,
  risk: personal.risk,
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

export const logins: Readonly<Record<string, Flow>> = { phone, qr, bot };

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
