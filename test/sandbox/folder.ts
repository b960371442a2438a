import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { dump } from "js-yaml";
import { readRegistration, runRegister, type Registration } from "@bridgebox/registration";
import type { Place } from "./places/place.ts";

export const domain = "sandbox.test";
export const relayNick = "bridgebox";

const readme = `This is the folder of a bridgebox sandbox: a homeserver, chat networks and a box that exist on this computer only. It is made fresh at each start. Delete it whenever you like.
`;

export interface FolderFacts {
  readonly dir: string;
  readonly homeserverUrl: string;
  readonly boxPort: number;
  readonly places: readonly Place[];
}

/** Whether that process is there; another user's is, though it may not be signalled. */
const lives = (pid: number): boolean => {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
};

const isOurs = (folder: string): boolean => {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
};

/**
 * The folder, one beside it while another sandbox lives in it, or one for temporary things where this user may not write
 * there. What killed sandboxes have left beside it is taken away.
 */
export const chooseFolder = (base: string): string => {
  const around = dirname(base);
  if (!isOurs(around)) return join(tmpdir(), `bridgebox-sandbox-${process.pid}`);
  for (const name of readdirSync(around)) {
    const [, pid] = /^-(\d+)$/.exec(name.replace(basename(base), "")) ?? [];
    if (pid !== undefined && !lives(Number(pid)))
      rmSync(join(around, name), { recursive: true, force: true });
  }
  const inside = existsSync(join(base, "pid")) ? readFileSync(join(base, "pid"), "utf8") : "";
  return lives(Number(inside)) ? `${base}-${process.pid}` : base;
};

/** Empties the folder and says what it is. */
export const freshFolder = (dir: string): void => {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  writeFileSync(join(dir, "README.txt"), readme);
  writeFileSync(join(dir, "pid"), String(process.pid));
};

/** Writes the config and the registration as an administrator would; gives the registration. */
export const furnish = (facts: FolderFacts): Registration => {
  const { dir, boxPort } = facts;
  const path = join(dir, "registration.yaml");
  const code = runRegister({
    config: {
      homeserver: { domain },
      appservice: {
        id: "bridgebox",
        address: `http://127.0.0.1:${boxPort}`,
        bot: { username: "bridgebox" },
      },
      networks: facts.places.map(({ id }) => ({
        id,
        type: id,
        ghostPrefix: `${id}_`,
        aliasPrefix: `${id}_`,
      })),
    },
    path,
    print: () => undefined,
  });
  const read = readRegistration(path);
  if (code !== 0 || !read.ok) throw new Error(`The sandbox has no registration in ${path}.`);
  writeFileSync(join(dir, "config.yaml"), config(facts), { mode: 0o600 });
  return read.registration;
};

const config = ({ homeserverUrl, boxPort, places }: FolderFacts): string => {
  const bound = (["lobby", "help"] as const).map((room) => ({
    room: `#${room}:${domain}`,
    chats: places.flatMap(({ id, chats }) => {
      const chat = chats[room];
      return chat === undefined ? [] : [`${id} ${chat}`];
    }),
  }));
  const sections = {
    homeserver: { address: homeserverUrl, domain },
    networks: Object.fromEntries(places.map(({ id, section }) => [id, section])),
    appservice: { port: boxPort, public_address: `http://127.0.0.1:${boxPort}` },
    permissions: { "*": "relay", [domain]: "user", [`@ana:${domain}`]: "admin" },
    rooms: bound,
  };
  return `# The config of a sandbox: every address is on this computer.\n${dump(sections)}`;
};
