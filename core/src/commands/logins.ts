import { logOut } from "../engine/index.ts";
import { beginLogin, listed, shownSecret } from "./begin-login.ts";
import type { Command } from "./command.ts";
import { networkNamed } from "./networks.ts";
import { hasOthers } from "./others.ts";
import { ownNamed } from "./own-login.ts";
import { loginWord } from "./words.ts";

export const login: Command = {
  name: "login",
  section: "logins",
  network: "first",
  args: "[network] [way]",
  says: "logs you in to a network",
  needs: "user",
  more: ({ works }) =>
    [...works.box.networks.values()].flatMap((live) => listed(live, `login ${live.settings.id}`)),
  async run(asked) {
    const shown = await shownSecret(asked, "login <network> <way>");
    if (shown !== undefined) return shown;
    const [name, way] = asked.args;
    const live = networkNamed(asked.engine, name);
    return beginLogin(asked, { live, way, line: `login ${live.settings.id}` });
  },
};

export const cancel: Command = {
  name: "cancel",
  section: "logins",
  again: true,
  args: "",
  says: "stops a login",
  needs: "commands",
  run: ({ talk, room, sender }) =>
    Promise.resolve(
      talk.cancel({ room, sender }) ? "The login is cancelled." : "There is nothing to cancel.",
    ),
};

export const listLogins: Command = {
  name: "list-logins",
  section: "logins",
  again: true,
  args: "",
  says: "lists your logins and their states",
  needs: "user",
  async run(asked) {
    const { engine, sender } = asked;
    if (await hasOthers(asked))
      return "I name your logins only where nobody reads along. Ask me in a room of the two of us.";
    const rows = await engine.works.box.store.read.logins.ofOwner(sender);
    if (rows.length === 0) return "You are not logged in anywhere.";
    return rows
      .map((row) => {
        const live = engine.works.box.networks.get(row.network)?.logins.get(row.id);
        return `${row.id} – ${row.name}: ${live ? loginWord(live) : "Off"}`;
      })
      .join("\n");
  },
};

export const logout: Command = {
  name: "logout",
  section: "logins",
  network: "only",
  args: "[login or network]",
  says: "ends a login; the admin decides whether its rooms stay",
  needs: "user",
  async run(asked) {
    const { engine, args } = asked;
    const row = await ownNamed(asked, args[0]);
    const { rooms, unfinished } = await logOut(engine.works, engine.supervisor, row);
    const said = [
      `${row.name} is logged out. Messages in its private chats do not pass any more.`,
      ...(unfinished === undefined ? [] : [unfinished]),
      ...(rooms === 0 ? [] : [`I clean up ${rooms} of its rooms.`]),
    ];
    return said.join(" ");
  },
};
