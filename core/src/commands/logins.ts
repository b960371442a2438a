import { logOut, startLogin } from "../engine/index.ts";
import type { Asked, Command } from "./command.ts";
import { deleteIt, looksSecret } from "./hide.ts";
import { networkNamed } from "./networks.ts";
import { hasOthers } from "./others.ts";
import { loginWord } from "./words.ts";

export const login: Command = {
  name: "login",
  section: "logins",
  network: "first",
  args: "[network] [way]",
  says: "logs you in to a network",
  needs: "user",
  async run(asked) {
    const { engine, talk, room, sender, args } = asked;
    if (args.length > 2 || args.slice(0, 2).some(looksSecret)) return tooMuch(asked);
    if (await hasOthers(asked))
      return "I log nobody in where others read along. Ask me in a room of the two of us.";
    const live = networkNamed(engine, args[0]);
    const ways = Object.entries(live.settings.adapter.logins);
    const [only, ...more] = ways;
    const flow = args[1] ?? (more.length === 0 ? only?.[0] : undefined);
    if (flow === undefined || !(flow in live.settings.adapter.logins)) {
      const list = ways.map(
        ([name, { label, gives }]) => `  login ${live.settings.id} ${name} – ${label}: ${gives}`,
      );
      return ["Choose how:", ...list].join("\n");
    }
    const process = startLogin(engine.works, engine.supervisor, { live, flow, owner: sender });
    return talk.begin({ room, sender }, process);
  },
};

/** Whoever writes the token behind the command has shown it to the room. */
const tooMuch = async ({ hide }: Asked): Promise<string> => {
  const say =
    "Nothing was done: I ask for what I need, one by one. Say only: login <network> <way>";
  return (await hide())
    ? `${say}\nI took your line out of the room, in case a secret was in it.`
    : `${say}\n${deleteIt}`;
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
  async run({ engine, sender }) {
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
  async run({ engine, sender, args }) {
    const own = await engine.works.box.store.read.logins.ofOwner(sender);
    const [name] = args;
    const [row, ...more] = own.filter(
      ({ id, network }) => name === undefined || id === name || network === name,
    );
    if (!row) return "You have no login of that name; list-logins shows them.";
    if (more.length > 0)
      return `Tell me which login: ${[row, ...more].map((one) => one.id).join(", ")}.`;
    const cleaned = await logOut(engine.works, engine.supervisor, row);
    const rooms = cleaned === 0 ? "" : ` I clean up ${cleaned} of its rooms.`;
    return `${row.name} is logged out. Messages in its private chats do not pass any more.${rooms}`;
  },
};
