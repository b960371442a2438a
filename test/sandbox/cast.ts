import { MatrixUser } from "./client.ts";
import { domain, freshFolder, furnish } from "./folder.ts";
import { SandboxHomeserver } from "./homeserver/index.ts";
import { openPlaces, type Places } from "./places/index.ts";
import { freePort } from "../free-port.ts";

/** Everybody and everything that is not the box. */
export interface Cast {
  readonly homeserver: SandboxHomeserver;
  readonly places: Places;
  readonly boxUrl: string;
  readonly ana: MatrixUser;
  readonly ben: MatrixUser;
  readonly matrixRooms: { readonly lobby: string; readonly help: string };
  close(): Promise<void>;
}

/** Opens the homeserver and the networks, lets people in, and furnishes the folder for the box. */
export const assemble = async (dir: string): Promise<Cast> => {
  freshFolder(dir);
  const homeserver = await SandboxHomeserver.listen({ serverName: domain });
  const places = await openPlaces();
  const boxPort = await freePort();
  const registration = furnish({
    dir,
    homeserverUrl: homeserver.url,
    boxPort,
    places: places.all,
  });
  homeserver.addAppservice({ ...registration, namespaces: registration.namespaces ?? {} });
  const { url } = homeserver;
  const matrixAna = new MatrixUser({ url, ...homeserver.addUser("ana") });
  const matrixBen = new MatrixUser({ url, ...homeserver.addUser("ben") });
  await name(matrixAna, "Ana");
  await name(matrixBen, "Ben");
  return {
    homeserver,
    places,
    boxUrl: `http://127.0.0.1:${boxPort}`,
    ana: matrixAna,
    ben: matrixBen,
    matrixRooms: {
      lobby: await openRoom(matrixAna, matrixBen, { alias: "lobby", name: "The lobby" }),
      help: await openRoom(matrixAna, matrixBen, { alias: "help", name: "#help" }),
    },
    close: async () => {
      await Promise.all([homeserver, ...places.all].map((server) => server.close()));
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
