import { Pool } from "undici";
import { openStage } from "../stage/stage.ts";
import { lanes } from "./lanes.ts";
import type { Ground, GroundOptions } from "./lanes.ts";
import { chatNames, sideOn } from "./sides.ts";
import { openSynapse } from "./synapse.ts";
import { onSynapse } from "./synapse-sides.ts";

/** Requests of people to the homeserver at once. */
const atOnce = 32;

/** Options for the box's own Node, such as --cpu-prof. */
const profiled = (): Record<string, string> => {
  const options = process.env["BENCH_NODE_OPTIONS"];
  return options === undefined ? {} : { NODE_OPTIONS: options };
};

/** Opens it with every room made and joined. */
export const openGround = async ({ network, synapse }: GroundOptions): Promise<Ground> => {
  if (synapse) return openSynapse(onSynapse(network));
  const stage = await openStage({
    irc: network === "irc",
    slack: network === "slack",
    telegram: network === "telegram",
    discord: network === "discord",
    rooms: Array.from({ length: lanes }, (_, lane) => ({
      room: `#lane${lane}:sandbox.test`,
      chats: [`${network} ${chatNames[network](lane)}`],
    })),
    config: { logging: { level: "info", format: "json" } },
  });
  const side = await sideOn[network](stage);
  const ana = stage.homeserver.addUser("ana");
  const pool = new Pool(stage.homeserver.url, { connections: atOnce });
  const call = async (method: "POST" | "PUT", path: string, body: object): Promise<unknown> => {
    const headers = {
      authorization: `Bearer ${ana.accessToken}`,
      "content-type": "application/json",
    };
    const reply = await pool.request({ method, path, headers, body: JSON.stringify(body) });
    const answer: unknown = await reply.body.json();
    if (reply.statusCode >= 300) throw new Error(`${path}: ${JSON.stringify(answer)}`);
    return answer;
  };
  const rooms: string[] = [];
  for (let lane = 0; lane < lanes; lane += 1) {
    const body = { preset: "public_chat", room_alias_name: `lane${lane}` };
    const answer = await call("POST", "/_matrix/client/v3/createRoom", body);
    rooms.push(String(Reflect.get(Object(answer), "room_id")));
  }
  await stage.box.start(profiled());
  await stage.box.until((log) => log.split("is bound").length > lanes, 60_000);
  let sends = 0;
  const running = new Set<Promise<unknown>>();
  const send = async (lane: number, text: string): Promise<void> => {
    const room = encodeURIComponent(rooms[lane] ?? "");
    sends += 1;
    const path = `/_matrix/client/v3/rooms/${room}/send/m.room.message/s${sends}`;
    const sending = call("PUT", path, { msgtype: "m.text", body: text });
    const done = sending.finally(() => running.delete(done));
    running.add(done);
    if (running.size >= atOnce) await Promise.race(running);
  };
  return {
    lanes,
    pid: stage.box.pid ?? 0,
    say: (way, lane, text) => (way === "in" ? side.say(lane, text) : send(lane, text)),
    listen: (way, heard) =>
      way === "out"
        ? side.listen(heard)
        : stage.homeserver.onEvent((event) => {
            if (event.type === "m.room.message" && event.sender !== ana.userId)
              heard(String(event.content["body"]), performance.now());
          }),
    close: async () => {
      await pool.close();
      await stage.close();
    },
  };
};
