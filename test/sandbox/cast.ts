import { once } from "node:events";
import { createServer } from "node:net";
import { IrcServer, type IrcPerson } from "../networks/irc/index.ts";
import { TelegramServer, type Account, type Channel } from "../networks/telegram/index.ts";
import { MatrixUser } from "./client.ts";
import { domain, freshFolder, furnish } from "./folder.ts";
import { SandboxHomeserver } from "./homeserver/index.ts";

const botToken = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw";
const lobbyName = "sandbox_lobby";

/** Everybody and everything that is not the box. */
export interface Cast {
  readonly homeserver: SandboxHomeserver;
  readonly irc: IrcServer;
  readonly telegram: TelegramServer;
  readonly boxUrl: string;
  readonly ana: MatrixUser;
  readonly ben: MatrixUser;
  readonly matrixRooms: { readonly lobby: string; readonly help: string };
  readonly carl: Carl;
  readonly telegramPeople: {
    readonly ana: Account;
    readonly bob: Account;
    readonly dora: Account;
    readonly bot: Account;
  };
  readonly anaPhone: string;
  readonly telegramLobby: Channel;
  close(): Promise<void>;
}

export const channels = { lobby: "#lobby", help: "#help" } as const;

/** Carl of IRC, who comes back as often as his network does. */
export class Carl {
  readonly #irc: IrcServer;
  #person: IrcPerson | undefined;

  constructor(irc: IrcServer) {
    this.#irc = irc;
  }

  async enter(): Promise<void> {
    const person = await this.#irc.user("carl");
    for (const channel of Object.values(channels)) await person.join(channel);
    this.#person = person;
  }

  /** Resolves once the server has dealt with the line. */
  async say(channel: string, text: string): Promise<void> {
    const person = this.#person;
    if (!person || person.gone) throw new Error("carl is not on IRC");
    await person.command(`PRIVMSG ${channel} :${text}`);
  }
}

/** Opens the homeserver and both networks, lets people in, and furnishes the folder for the box. */
export const assemble = async (dir: string): Promise<Cast> => {
  freshFolder(dir);
  const homeserver = await SandboxHomeserver.listen({ serverName: domain });
  const irc = await IrcServer.listen({ name: "irc.sandbox.test", network: "SandboxNet" });
  const telegram = await TelegramServer.listen();
  const anaPhone = "+15550100";
  const telegramPeople = {
    bot: telegram.addUser({ firstName: "bridgebox", username: "bridgebox_bot", token: botToken }),
    ana: telegram.addUser({ firstName: "Ana", phone: anaPhone }),
    dora: telegram.addUser({ firstName: "Dora", phone: "+15550101" }),
    bob: telegram.addUser({ firstName: "Bob", phone: "+15550102" }),
  };
  const { ana, bob, bot, dora } = telegramPeople;
  const telegramLobby = telegram.addSupergroup("Lobby", [dora, bob, ana, bot], {
    username: lobbyName,
    admins: [bot],
  });
  const carl = new Carl(irc);
  await carl.enter();
  const boxPort = await freePort();
  const registration = furnish({
    dir,
    homeserverUrl: homeserver.url,
    boxPort,
    ircPort: irc.port,
    telegram: {
      port: telegram.port,
      publicKeyPem: telegram.publicKeyPem,
      apiId: telegram.apiId,
      apiHash: telegram.apiHash,
      botToken,
      lobby: `@${lobbyName}`,
    },
  });
  homeserver.addAppservice({ ...registration, namespaces: registration.namespaces ?? {} });
  const { url } = homeserver;
  const matrixAna = new MatrixUser({ url, ...homeserver.addUser("ana") });
  const matrixBen = new MatrixUser({ url, ...homeserver.addUser("ben") });
  await name(matrixAna, "Ana");
  await name(matrixBen, "Ben");
  return {
    homeserver,
    irc,
    telegram,
    boxUrl: `http://127.0.0.1:${boxPort}`,
    ana: matrixAna,
    ben: matrixBen,
    matrixRooms: {
      lobby: await openRoom(matrixAna, matrixBen, { alias: "lobby", name: "The lobby" }),
      help: await openRoom(matrixAna, matrixBen, { alias: "help", name: "#help" }),
    },
    carl,
    telegramPeople,
    anaPhone,
    telegramLobby,
    close: async () => {
      await Promise.all([homeserver.close(), irc.close(), telegram.close()]);
    },
  };
};

const name = async (user: MatrixUser, displayname: string): Promise<void> => {
  const path = `/profile/${encodeURIComponent(user.userId)}/displayname`;
  await user.request("PUT", path, { displayname });
};

/** A room as people make them: public, and the box's bot may do what it has to. */
const openRoom = async (
  owner: MatrixUser,
  guest: MatrixUser,
  { alias, name }: { readonly alias: string; readonly name: string },
): Promise<string> => {
  const bot = `@bridgebox:${domain}`;
  const room = await owner.createRoom({
    preset: "public_chat",
    room_alias_name: alias,
    name,
    invite: [bot],
    power_level_content_override: { users: { [bot]: 100 } },
  });
  await guest.join(room);
  return room;
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (typeof address !== "object" || address === null) throw new Error("There is no free port.");
  return address.port;
};
