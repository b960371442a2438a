import { Pool } from "undici";
import type { SeenLine } from "../networks/irc/index.ts";
import { boxBot, doraOn } from "../stage/lobby.ts";
import { botToken, openStage } from "../stage/stage.ts";
import type { Stage } from "../stage/stage.ts";
import { openSynapse } from "./synapse.ts";
import type { Ground, GroundOptions, Side, Sides } from "./lanes.ts";

const lanes = 100;
/** Requests of people to the homeserver at once. */
const atOnce = 32;

const chatName = {
  irc: (lane: number): string => `#lane${lane}`,
  telegram: (lane: number): string => `lanenumber${lane}`,
} as const;

/** Options for the box's own Node, such as --cpu-prof. */
const profiled = (): Record<string, string> => {
  const options = process.env["BENCH_NODE_OPTIONS"];
  return options === undefined ? {} : { NODE_OPTIONS: options };
};

/** Opens it with every room made and joined. */
export const openGround = async ({ network, synapse }: GroundOptions): Promise<Ground> => {
  if (synapse) return openSynapse(sides[network]);
  const stage = await openStage({
    irc: network === "irc",
    telegram: network === "telegram",
    rooms: Array.from({ length: lanes }, (_, lane) => ({
      room: `#lane${lane}:sandbox.test`,
      chats: [`${network} ${chatName[network](lane)}`],
    })),
    config: { logging: { level: "info", format: "json" } },
  });
  const side = network === "irc" ? await onIrc(stage) : onTelegram(stage);
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

const onIrc = async ({ irc }: Pick<Stage, "irc">): Promise<Side> => {
  const carl = await irc.user("carl");
  const chat = chatName.irc;
  for (let lane = 0; lane < lanes; lane += 1) await carl.join(chat(lane));
  let said = 0;
  return {
    say: async (lane, text) => {
      carl.say(chat(lane), text);
      said += 1;
      if (said % 50 === 0) await new Promise((resolve) => void setImmediate(resolve));
    },
    listen: (heard) => {
      const from = carl.seen.length;
      const lookAt = (line: SeenLine, index: number): boolean => {
        if (index >= from && !over) heard(line.params[1] ?? "", performance.now());
        return over;
      };
      let over = false;
      void carl.until(lookAt, 600_000).catch(() => undefined);
      return () => {
        over = true;
      };
    },
  };
};

const onTelegram = ({ telegram }: Pick<Stage, "telegram">): Side => {
  const dora = doraOn(telegram);
  const bot = boxBot(telegram);
  const chat = chatName.telegram;
  const groups = Array.from({ length: lanes }, (_, lane) =>
    telegram.addSupergroup(`Lane ${lane}`, [dora, bot], { username: chat(lane) }),
  );
  return {
    say: async (lane, text) => {
      const group = groups[lane];
      if (group) telegram.say(dora, group, text);
      await new Promise((resolve) => void setImmediate(resolve));
    },
    listen: (heard) => {
      const onMessage = (post: { text: string; from: unknown }): void => {
        if (post.from !== dora) heard(post.text, performance.now());
      };
      telegram.events.on("message", onMessage);
      return () => telegram.events.off("message", onMessage);
    },
  };
};

const sides: Readonly<Record<GroundOptions["network"], Sides>> = {
  irc: {
    network: "irc",
    chat: chatName.irc,
    section: ({ irc }) => ({
      type: "irc",
      server: "127.0.0.1",
      port: irc.port,
      tls: false,
      nick: "bridgebox",
      flood: "off",
    }),
    side: onIrc,
  },
  telegram: {
    network: "telegram",
    chat: chatName.telegram,
    section: ({ telegram: { port, publicKeyPem, dcId, apiId, apiHash } }) => ({
      type: "telegram",
      api_id: apiId,
      api_hash: apiHash,
      bots: [botToken],
      server: { host: "127.0.0.1", port, public_key: publicKeyPem, dc: dcId },
    }),
    side: (servers) => Promise.resolve(onTelegram(servers)),
  },
};
