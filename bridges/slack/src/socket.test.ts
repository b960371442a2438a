import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "@bridgebox/core/testing";
import { socketMode } from "./api/socket.ts";
import type { Ears } from "./api/transport.ts";
import { openFixture } from "./testing/world.ts";

test("a socket that is given up before it is open is not opened any more", async () => {
  const fixture = await openFixture();
  const { server, app } = fixture;
  const transport = socketMode({ appToken: app.app.appToken, url: server.apiUrl });
  const connect = (signal: AbortSignal, opened: Ears["opened"]): Promise<void> =>
    transport({ receive: () => Promise.resolve(), opened, signal });
  const later = new AbortController();
  try {
    const release = server.hang("apps.connections.open");
    const given = new AbortController();
    const first = connect(given.signal, () => Promise.resolve());
    await until("the first asks", () => server.calls.length === 1);
    given.abort();
    await assert.rejects(first);
    release();
    const opened = Promise.withResolvers<void>();
    const second = connect(later.signal, () => Promise.resolve(opened.resolve()));
    await opened.promise;
    later.abort();
    await second;
    await server.until(() => server.feed.sockets === 0);
  } finally {
    later.abort();
    await fixture.close();
  }
});
