import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../sandbox/client.ts";
import { openStage } from "../stage/stage.ts";
import { inItsFolder } from "./place-of-store.ts";
import type { StorePlace } from "./place-of-store.ts";
import { readStatus } from "./status.ts";

const rooms = 12;

/** A box that starts where it left off. */
export const quietRestart = (store: StorePlace = inItsFolder): void => {
  void test(
    "a restart with nothing changed asks the homeserver nothing about rooms",
    { timeout: 60_000 },
    async () => {
      const stage = await openStage({ config: await store() });
      try {
        const { irc, homeserver } = stage;
        const carl = await irc.user("carl");
        const channels = Array.from({ length: rooms }, (_, at) => `#room${at}`);
        for (const channel of channels) await carl.join(channel);
        await stage.box.start();
        await irc.until(() => irc.lookup("bridgebox") !== undefined, 15_000);
        const ana = stage.person("ana");
        for (const channel of channels) {
          const room = await ana.join(`#irc_${channel}:${stage.domain}`);
          carl.say(channel, `hello ${channel}`);
          await ana.untilText(room, `hello ${channel}`);
          await ana.send(room, `hello from Matrix ${channel}`);
          await carl.until(
            (line) => line.params.at(-1)?.includes(`from Matrix ${channel}`) ?? false,
          );
        }
        const calm = async (): Promise<boolean> => {
          const status = await readStatus(stage).catch(() => undefined);
          return (
            status !== undefined &&
            homeserver.outbox().waiting === 0 &&
            status.queues.every(({ count }) => count === 0) &&
            channels.every((channel) => irc.channel(channel)?.members.has("bridgebox") === true)
          );
        };
        await until("everything is calm", calm);
        await stage.box.stop();
        homeserver.clearRequests();
        await stage.box.start();
        await until("the box is back in every channel", calm, 20_000);
        await until("the homeserver was asked for a ping", () =>
          homeserver.requests.some(({ path }) => path.endsWith("/ping")),
        );
        await until("everything is calm", calm);
        const asked = homeserver.requests.map(({ method, path }) => `${method} ${path}`);
        const constant = /^(?:GET .*\/(?:versions|whoami)|POST .*\/ping)$/;
        assert.deepEqual(
          asked.filter((request) => !constant.test(request)),
          [],
        );
        for (const channel of channels) carl.say(channel, `again ${channel}`);
        const gap = (event: { readonly content: Readonly<Record<string, unknown>> }): boolean =>
          String(event.content["body"]).includes("may be missing here");
        for (const channel of channels)
          await homeserver.until((e) => e.content["body"] === `again ${channel}`);
        const told = homeserver.rooms().filter((room) => homeserver.room(room).timeline.some(gap));
        assert.equal(told.length, rooms, "where somebody speaks again, the gap is marked");
      } finally {
        await stage.close();
      }
    },
  );
};
