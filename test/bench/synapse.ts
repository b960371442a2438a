import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dump } from "js-yaml";
import { Checkout } from "../e2e/checkout.ts";
import { startSynapse } from "../e2e/servers/synapse.ts";
import { IrcServer } from "../networks/irc/index.ts";
import { TelegramServer } from "../networks/telegram/index.ts";
import { MatrixUser, until } from "../sandbox/client.ts";
import { freePort } from "../free-port.ts";
import type { Ground, Sides } from "./lanes.ts";

const lanes = 10;

/** The same lanes, fewer, on a real Synapse: its own rate is what is measured then. */
export const openSynapse = async (sides: Sides): Promise<Ground> => {
  const dir = mkdtempSync(join(tmpdir(), "bridgebox-bench-"));
  const synapse = await startSynapse({ dir: join(dir, "synapse") });
  const servers = { irc: await IrcServer.listen(), telegram: await TelegramServer.listen() };
  const side = await sides.side(servers);
  const checkout = new Checkout(join(dir, "bridgebox"));
  const port = await freePort();
  const every = Array.from({ length: lanes }, (_, lane) => lane);
  const config = {
    homeserver: { address: synapse.url, domain: synapse.serverName },
    appservice: { address: `http://127.0.0.1:${port}`, port },
    networks: { [sides.network]: sides.section(servers) },
    rooms: every.map((lane) => ({
      room: `#lane${lane}:${synapse.serverName}`,
      chats: [`${sides.network} ${sides.chat(lane)}`],
    })),
  };
  writeFileSync(join(checkout.dir, "config.yaml"), dump(config), { mode: 0o600 });
  const said = await checkout.run("node bridgebox.js register -c config.yaml");
  const lines = /^app_service_config_files:\n {2}- .+$/m.exec(said)?.[0] ?? "";
  await appendFile(synapse.configFile, `${lines}\n`);
  await synapse.restart();
  const ana = new MatrixUser({ url: synapse.url, ...(await synapse.registerUser("ana")) });
  const rooms: string[] = [];
  for (const lane of every)
    rooms.push(await ana.createRoom({ preset: "public_chat", room_alias_name: `lane${lane}` }));
  const rawRooms: string[] = [];
  for (const _ of every) rawRooms.push(await ana.createRoom({ preset: "public_chat" }));
  await checkout.start("node bridgebox.js start -c config.yaml");
  await until("the rooms are bound", () => checkout.log.split("is bound").length > lanes, 60_000);
  return {
    lanes,
    pid: checkout.pid ?? 0,
    say: async (way, lane, text) => {
      if (way === "in") await side.say(lane, text);
      else await ana.send(rooms[lane] ?? "", text);
    },
    listen: (way, heard) => (way === "out" ? side.listen(heard) : readOn(ana, heard)),
    raw: async (each) => {
      await Promise.all(
        rawRooms.map(async (room) => {
          for (let index = 0; index < each; index += 1) await ana.send(room, `raw ${index}`);
        }),
      );
    },
    close: async () => {
      await checkout.end("SIGTERM");
      await Promise.all([synapse.stop(), servers.irc.close(), servers.telegram.close()]);
      rmSync(dir, { recursive: true, force: true });
    },
  };
};

/** Follows `/sync` and tells every message of others. */
const readOn = (ana: MatrixUser, heard: (text: string, at: number) => void): (() => void) => {
  const over = new AbortController();
  void (async () => {
    let from = ana.seen.length;
    while (!over.signal.aborted) {
      await ana.sync(1_000);
      const at = performance.now();
      for (const event of ana.seen.slice(from)) {
        if (event.type === "m.room.message" && event.sender !== ana.userId)
          heard(String(event.content["body"]), at);
      }
      from = ana.seen.length;
    }
  })().catch(() => undefined);
  return () => over.abort();
};
