import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { dump, load } from "js-yaml";
import { loadConfig } from "@bridgebox/core/config";
import { buildRegistration, writeRegistration } from "@bridgebox/registration";
import { MatrixUser, textOf, until } from "../sandbox/client.ts";
import { SandboxHomeserver } from "../sandbox/homeserver/index.ts";
import type { ClientEvent } from "../sandbox/homeserver/index.ts";
import { BoxChild } from "../stage/box-child.ts";
import { freePort } from "../free-port.ts";
import { files } from "./adapter.ts";
import { FilesServer } from "./server.ts";

const program = fileURLToPath(new URL("box.ts", import.meta.url));

/** A homeserver, a network of files and a real box between them, as a process of its own. */
export interface MediaWorld {
  readonly homeserver: SandboxHomeserver;
  readonly network: FilesServer;
  readonly box: BoxChild;
  readonly ana: MatrixUser;
  /** Ana's access token. */
  readonly token: string;
  /** How many reserved places have been filled. */
  uploads(): number;
  readonly room: string;
  /** Does that at that place, from its next hit on; an empty plan is none. */
  arm(plan: string): void;
  /** Ana uploads it; resolves to its mxc. */
  upload(bytes: Uint8Array | string, mime: string): Promise<string>;
  start(): Promise<void>;
  /** What the network's people have said in the room, in order. */
  shown(): readonly ClientEvent[];
  close(): Promise<void>;
}

/** For files of so many mebibytes; `more` goes over the top level of the config. */
export const openMediaWorld = async (
  mebibytes: number,
  more: Readonly<Record<string, unknown>> = {},
): Promise<MediaWorld> => {
  const dir = mkdtempSync(join(tmpdir(), "bridgebox-files-"));
  const maxUploadBytes = mebibytes * 1024 * 1024;
  const homeserver = await SandboxHomeserver.listen({
    serverName: "sandbox.test",
    maxUploadBytes,
  });
  const network = await FilesServer.listen();
  const port = await freePort();
  const own = `http://127.0.0.1:${port}`;
  const path = join(dir, "config.yaml");
  const config = {
    homeserver: { address: homeserver.url, domain: homeserver.serverName },
    appservice: { address: own, public_address: own, port },
    registration: join(dir, "registration.yaml"),
    database: { path: join(dir, "box.db"), key_file: join(dir, "box.key") },
    networks: { files: { url: network.url } },
    rooms: [{ room: "#lobby:sandbox.test", chats: ["files lobby"] }],
    limits: { media: mebibytes },
    logging: { level: "debug", format: "json" },
    ...more,
  };
  writeFileSync(path, dump(config), { mode: 0o600 });
  const loaded = await loadConfig({ path, env: {}, adapters: { files: async () => files } });
  if (!loaded.ok) throw new Error(loaded.problems.join("\n"));
  writeRegistration(loaded.config.registration, buildRegistration(loaded.config));
  const registration = load(readFileSync(loaded.config.registration, "utf8"));
  homeserver.addAppservice(registration as Parameters<SandboxHomeserver["addAppservice"]>[0]);
  const box = new BoxChild(dir, [program]);
  const account = { url: homeserver.url, ...homeserver.addUser("ana") };
  const ana = new MatrixUser(account);
  const room = await ana.createRoom({ preset: "public_chat", room_alias_name: "lobby" });
  const armFile = join(dir, "failpoints");
  const start = async (): Promise<void> => {
    await box.start({ BRIDGEBOX_FAILPOINT: `@${armFile}` });
    await until("the room is bound", () => box.log.includes("is bound"));
  };
  await start();
  const shown = (): readonly ClientEvent[] =>
    homeserver
      .room(room)
      .timeline.filter(
        ({ sender, type }) => sender === "@files_finn:sandbox.test" && type === "m.room.message",
      );
  return {
    homeserver,
    network,
    box,
    ana,
    token: account.accessToken,
    room,
    shown,
    uploads: () =>
      homeserver.requests.filter(
        ({ method, path, status }) =>
          method === "PUT" && path.startsWith("/_matrix/media/") && status === 200,
      ).length,
    start,
    upload: async (bytes, mime) => {
      const answer = await fetch(`${homeserver.url}/_matrix/media/v3/upload`, {
        method: "POST",
        headers: { authorization: `Bearer ${account.accessToken}`, "content-type": mime },
        body: typeof bytes === "string" ? bytes : Buffer.from(bytes),
      });
      const body: unknown = await answer.json();
      return textOf(body as Record<string, unknown>, "content_uri");
    },
    arm: (plan) => writeFileSync(armFile, plan),
    close: async () => {
      await box.stop();
      await homeserver.close();
      await network.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
};
