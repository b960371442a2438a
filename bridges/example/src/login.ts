import type { LoginFlow } from "@bridgebox/core/adapter";
import { loginId } from "@bridgebox/core/adapter";
import type { Account, Config } from "./config.ts";
import { user } from "./ids.ts";
import { EchoServer } from "./server.ts";

/** A story, told straight: what is asked, what is done with it, what is kept. */
export const code: LoginFlow<Config, Account> = {
  label: "Name and code",
  gives: "Your own voice in the cave.",
  run: async (ui, { config }) => {
    const { name } = await ui.ask([{ key: "name", label: "Name", type: "text" }]);
    const { code } = await ui.ask([{ key: "code", label: "Code", type: "code" }], "It is 1234.");
    const token = EchoServer.at(config.server).login(name, code);
    return [{ id: loginId(name), user: user(name), name, account: { name, token }, role: "user" }];
  },
};
