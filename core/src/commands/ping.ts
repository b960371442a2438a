import type { Command } from "./command.ts";
import { hasOthers } from "./others.ts";
import { loginWord } from "./words.ts";

export const ping: Command = {
  name: "ping",
  section: "box",
  again: true,
  args: "",
  says: "tells that I am here, how fast the homeserver answers, and how your logins are",
  needs: "commands",
  async run(asked) {
    const { engine, sender, signal } = asked;
    const { box } = engine.works;
    const since = performance.now();
    await box.homeserver.whoami({ class: "live", signal });
    const took = Math.round(performance.now() - since);
    const answers = `I am here. The homeserver answers within ${took} ms.`;
    if (await hasOthers(asked))
      return `${answers} How your logins are I say where nobody reads along.`;
    const own = [...box.networks.values()].flatMap(({ settings, logins }) =>
      [...logins.values()]
        .filter(({ row }) => row.owner === sender)
        .map((login) => {
          const why = login.why === undefined ? "" : ` – ${login.why.message}`;
          return `  ${settings.id}, ${login.row.name}: ${loginWord(login)}${why}`;
        }),
    );
    const logins = own.length === 0 ? ["You have no login that is on."] : ["Your logins:", ...own];
    return [answers, ...logins].join("\n");
  },
};
