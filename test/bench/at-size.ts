import { statSync } from "node:fs";
import { join } from "node:path";
import { chatId, firstPart, loginId, messageId, networkId, userId } from "@bridgebox/core/adapter";
import { loadBoxKey, openSqliteStore } from "../../core/src/store/index.ts";
import type { Repositories, Store } from "../../core/src/store/index.ts";
import { openStage } from "../stage/stage.ts";
import type { Stage } from "../stage/stage.ts";
import { until } from "../sandbox/client.ts";
import { rssOf } from "./report.ts";
import type { Row } from "./report.ts";

const size = { portals: 10_000, ghosts: 100_000, messages: 1_000_000 };
const network = networkId("irc");
/** How long the box takes to be ready with a full store, what it weighs, and what it asks the homeserver. */
export const benchStart = async (): Promise<readonly Row[]> => {
  const stage = await openStage({ config: { logging: { level: "info", format: "json" } } });
  try {
    await stage.box.start();
    await ready(stage);
    const empty = rssOf(stage.box.pid ?? 0);
    await stage.box.stop();
    await fill(stage);
    stage.homeserver.clearRequests();
    const began = performance.now();
    await stage.box.start();
    await ready(stage);
    const took = (performance.now() - began) / 1000;
    const full = rssOf(stage.box.pid ?? 0);
    const asked = stage.homeserver.requests.filter(({ path }) => path.includes("/rooms/")).length;
    return [
      {
        name: "the store's file",
        value: statSync(join(stage.dir, "box.db")).size / 2 ** 20,
        unit: "MiB",
      },
      { name: "ready after", value: took, unit: "s", goal: "< 3" },
      { name: "memory with an empty store", value: empty, unit: "MiB" },
      { name: "memory with the full store", value: full, unit: "MiB", goal: "<= empty + 60" },
      { name: "requests about rooms", value: asked, unit: "", goal: "0" },
      { name: "requests in all", value: stage.homeserver.requests.length, unit: "" },
    ];
  } finally {
    await stage.close();
  }
};

/** Ready, reached by its homeserver, and every network open. */
const ready = (stage: Stage): Promise<boolean> =>
  until(
    "the box is ready",
    () =>
      fetch(`${stage.boxUrl}/ready`).then(
        async (reply) => reply.ok && (await reply.text()).includes('"waits":[]'),
        () => false,
      ),
    60_000,
  );

const fill = async (stage: Stage): Promise<void> => {
  const { bytes: boxKey } = await loadBoxKey(join(stage.dir, "box.key"));
  const store = await openSqliteStore({ path: join(stage.dir, "box.db"), boxKey });
  const each = size.messages / size.portals;
  await inBatches(store, size.ghosts, async (tx, index) => {
    await tx.ghosts.put({
      network,
      user: userId(`user${index}`),
      mxid: `@irc_user${index}:${stage.domain}`,
      name: `User ${index}`,
      info: {},
      registered: true,
      shownName: `User ${index}`,
    });
  });
  await inBatches(store, size.portals, async (tx, index) => {
    const { id } = await tx.portals.ensure(network, { id: chatId(`#channel${index}`) }, "alias");
    const room = `!room${index}:${stage.domain}`;
    await tx.portals.update(id, { room });
    await tx.portals.addLogin(id, loginId("irc:relay"), 1);
    for (let number = 0; number < each; number += 1) {
      await tx.messages.add({
        portal: id,
        remote: messageId(`m${index}-${number}`),
        part: firstPart,
        event: `$event${index}-${number}:${stage.domain}`,
        room,
        sender: `@irc_user${number}:${stage.domain}`,
        author: userId(`user${number}`),
        from: "remote",
        at: 1_700_000_000_000 + number,
        login: undefined,
        content: "0123456789abcdef",
      });
    }
  });
  await store.close();
};

const inBatches = async (
  store: Store,
  count: number,
  put: (tx: Repositories, index: number) => Promise<void>,
): Promise<void> => {
  const batch = 200;
  for (let start = 0; start < count; start += batch) {
    await store.commit(async (tx) => {
      for (let index = start; index < Math.min(count, start + batch); index += 1)
        await put(tx, index);
    });
  }
};
