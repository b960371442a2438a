import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../sandbox/client.ts";
import { openStage } from "../stage/stage.ts";
import { readStatus } from "./status.ts";

const rooms = 12;

test("a restart with nothing changed asks the homeserver nothing about rooms", { timeout: 60_000 }, async () => {
  const stage = await openStage({});
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
      await carl.until((line) => line.params.at(-1)?.includes(`from Matrix ${channel}`) ?? false);
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
    const events = homeserver.rooms().map((room) => homeserver.room(room).timeline.length);
    await stage.box.start();
    await until("the box is back in every channel", calm, 20_000);
    await until("the homeserver was asked for a ping", () =>
      homeserver.requests.some(({ path }) => path.endsWith("/ping")),
    );
    await until("everything is calm", calm);
    const asked = homeserver.requests.map(({ method, path }) => `${method} ${path}`);
    const constant = /^(?:GET .*\/(?:versions|whoami)|POST .*\/ping)$/;
    assert.deepEqual(
      asked.filter((request) => !constant.test(request) && !isGap(request)),
      [],
    );
    assert.ok(events.length >= rooms);
  } finally {
    await stage.close();
  }
});

/** A stop and start of the box is a time in which nobody of us listened: IRC's gap is news. */
const isGap = (request: string): boolean => /^PUT .*\/send\/m\.room\.message\//.test(request);
