import { beginLogin, shownSecret } from "./begin-login.ts";
import type { Command } from "./command.ts";
import { networkNamed } from "./networks.ts";
import { ownNamed } from "./own-login.ts";

export const relogin: Command = {
  name: "relogin",
  section: "logins",
  network: "only",
  args: "[login or network] [way]",
  says: "logs you in again with the same account, where a login needs you; its rooms go on",
  needs: "user",
  async run(asked) {
    const shown = await shownSecret(asked, "relogin <login> <way>");
    if (shown !== undefined) return shown;
    const [name, way] = asked.args;
    const row = await ownNamed(asked, name);
    const live = networkNamed(asked.engine, row.network);
    return beginLogin(asked, { live, way, line: `relogin ${row.id}`, relogin: row });
  },
};
