import { forgetToken, pingMatrix, startMatrixLogin, takeToken } from "../engine/index.ts";
import type { Command } from "./command.ts";
import { hasOthers } from "./others.ts";

export const loginMatrix: Command = {
  name: "login-matrix",
  inPerson: true,
  args: "[access token]",
  says: "lets me show what you do on other networks as done by yourself",
  section: "logins",
  needs: "user",
  isSecret: true,
  async run(asked) {
    const { engine, talk, room, sender, args, signal } = asked;
    if (await hasOthers(asked))
      return "I take no access token where others read along. Ask me in a room of the two of us.";
    const [token] = args;
    if (token !== undefined) return takeToken(engine.works, { person: sender, token, signal });
    return talk.begin({ room, sender }, startMatrixLogin(engine.works, sender));
  },
};

export const pingMatrixCommand: Command = {
  name: "ping-matrix",
  again: true,
  args: "",
  says: "tells whether I can speak as you",
  section: "logins",
  needs: "user",
  run: ({ engine, sender, signal }) => pingMatrix(engine.works, sender, signal),
};

export const logoutMatrix: Command = {
  name: "logout-matrix",
  again: true,
  args: "",
  says: "forgets the access token that you gave me",
  section: "logins",
  needs: "user",
  run: async ({ engine, sender }) =>
    (await forgetToken(engine.works, sender))
      ? "I have forgotten your access token. The session that it is of goes on: log it out with a client of yours."
      : "I have no access token of yours. The session of one that I had before goes on: log it out with a client of yours.",
};
