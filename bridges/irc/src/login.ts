import type { LoginFlow, LoginUi, NewLogin } from "@bridgebox/core/adapter";
import { loginId } from "@bridgebox/core/adapter";
import type { IrcAccount, IrcConfig } from "./config.ts";
import { namesBy, wrongNick } from "./ids.ts";

const check = (nick: string): string | undefined => wrongNick(nick);

/** Whose login it becomes. */
export async function askNick(ui: LoginUi): Promise<Omit<NewLogin<IrcAccount>, "account">> {
  const given = await ui.ask([{ key: "nick", label: "Nick", type: "text", check }] as const);
  const name = given.nick;
  // The id is folded in the widest way, so that one nick is never two logins.
  const user = namesBy("rfc1459").user(name);
  return { id: loginId(user), user, name, role: "user" };
}

/** A client of one's own, under one's own nick. */
export const nick: LoginFlow<IrcConfig, IrcAccount> = {
  label: "Nick and account",
  gives: "A client of your own on IRC, so that you speak under your own nick.",
  run: async (ui) => {
    const base = await askNick(ui);
    const { name } = base;
    const { account } = await ui.ask(
      [
        {
          key: "account",
          label: "Account",
          type: "text",
          help: "Your account with the network's services (NickServ). Write - if you have none.",
        },
      ] as const,
      "If your nick is registered, say with which account.",
    );
    if (/^-?$/.test(account.trim())) return [{ ...base, account: { nick: name } }];
    const { password } = await ui.ask([
      { key: "password", label: "Password", type: "password", secret: true },
    ] as const);
    return [{ ...base, account: { nick: name, sasl: { account: account.trim(), password } } }];
  },
};
