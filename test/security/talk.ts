import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import type { World } from "../faults/world.ts";
import { channel } from "../faults/world.ts";
import { until } from "../sandbox/client.ts";
import type { ClientEvent } from "../sandbox/homeserver/index.ts";

const tokenOf = ({ stage }: World): string => {
  const registration = load(readFileSync(join(stage.dir, "registration.yaml"), "utf8")) as {
    readonly hs_token: string;
  };
  return registration.hs_token;
};

let pushed = 0;

/** An event that the homeserver pushes as it is, also one that it would never have let through. */
export const push = async (world: World, event: object): Promise<void> => {
  pushed += 1;
  const whole = {
    event_id: `$forged${pushed}`,
    origin_server_ts: Date.now(),
    type: "m.room.message",
    ...event,
  };
  const url = `${world.stage.boxUrl}/_matrix/app/v1/transactions/forged${pushed}`;
  const response = await fetch(url, {
    method: "PUT",
    headers: { authorization: `Bearer ${tokenOf(world)}`, "content-type": "application/json" },
    body: JSON.stringify({ events: [whole] }),
  });
  if (!response.ok) throw new Error(`The box answered ${response.status}`);
};

/** Everything said in the channel by the box, in order. */
export const onIrc = (world: World, where = channel): readonly string[] =>
  world.stage.irc.lines
    .filter(({ nick }) => nick === "bridgebox")
    .flatMap(({ line }) => {
      const prefix = `PRIVMSG ${where} :`;
      return line.startsWith(prefix) ? [line.slice(prefix.length)] : [];
    });

/** Everything that the supergroup holds, in order. */
export const onTelegram = (world: World): readonly string[] =>
  world.stage.telegram.messages(world.group).map(({ text }) => text);

/** Ana says it, and it is everywhere when this resolves: what came before it has been dealt with. */
export const marker = async (world: World, text: string): Promise<void> => {
  await world.ana.send(world.room, text);
  await until(`"${text}" is everywhere`, () => {
    const irc = !world.networks.includes("irc") || onIrc(world).some((line) => line.endsWith(text));
    const telegram =
      !world.networks.includes("telegram") || onTelegram(world).some((line) => line.endsWith(text));
    return irc && telegram;
  });
};

/** What came from a network runs nothing in a client, and calls nobody. */
export const harmless = ({ content }: ClientEvent): void => {
  const html = JSON.stringify(content["formatted_body"] ?? "").replaceAll('\\"', '"');
  assert.doesNotMatch(html, /<script|<img|<[^>]*\son\w+=|href="javascript/i, html.slice(0, 300));
  assert.deepEqual(content["m.mentions"] ?? {}, {}, "nobody is mentioned");
};
