import assert from "node:assert/strict";
import { test } from "node:test";
import { Router } from "express";
import { quiet } from "../testing/engine-fixture.ts";
import { createListener } from "./listener.ts";
import { metricsRouter } from "./metrics-route.ts";

test("the numbers are read once for all who ask at once, at one path and by GET alone", async (t) => {
  let looks = 0;
  let asked = 0;
  const all = Promise.withResolvers<void>();
  const text = async (): Promise<string> => {
    looks += 1;
    await all.promise;
    return "up 1\n";
  };
  const listener = createListener({
    log: quiet,
    appservice: Router(),
    ready: () => Promise.resolve({ ok: true, state: null }),
  });
  listener.mount("/metrics", (_request, _response, next) => {
    asked += 1;
    if (asked === 20) setImmediate(all.resolve);
    next();
  });
  listener.mount("/metrics", metricsRouter({ contentType: "text/plain", text }));
  const listening = await listener.listen({ host: "127.0.0.1", port: 0 });
  t.after(() => listening.close(0));
  const at = (path: string, method = "GET") =>
    fetch(`http://127.0.0.1:${listening.port}${path}`, { method });
  const answers = await Promise.all(Array.from({ length: 20 }, () => at("/metrics")));
  for (const answer of answers) assert.equal(await answer.text(), "up 1\n");
  assert.equal(looks, 1);
  assert.equal((await at("/metrics", "POST")).status, 405);
  assert.equal((await at("/metrics/x")).status, 404);
  assert.equal(looks, 1);
});
